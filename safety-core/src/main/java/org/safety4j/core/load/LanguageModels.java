package org.safety4j.core.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.gguf.GgufFile;
import org.safety4j.core.load.gguf.GgufModels;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.Lora;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.nn.bert.Pooling;
import org.safety4j.core.nn.lm.Llama;
import org.safety4j.core.nn.lm.LlamaConfig;
import org.safety4j.core.nn.lm.LmIdentity;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.Tokenizer;

/**
 * Opens models of text.
 *
 * <pre>{@code
 * try (CausalLm.White lm = LanguageModels.causalLm(Path.of("model.gguf"))) {
 *   lm.asChat().ask("What is the capital of France?");
 * }
 * }</pre>
 */
public final class LanguageModels {
  private static final int MAX_TOKENIZER = 256 << 20;

  private LanguageModels() {}

  /**
   * Opens a language model in single precision: a GGUF file (Llama, Qwen2, SmolLM3 and their like),
   * a folder with one such file and no {@code config.json}, or a folder in the layout of Hugging
   * Face (GPT-2, Llama, Mistral, Qwen2, SmolLM3).
   *
   * @param path the file or folder
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.nn.HasParameters}
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static CausalLm.White causalLm(Path path) {
    return (CausalLm.White) causalLm(path, Precision.FULL);
  }

  /**
   * Opens a language model in a precision.
   *
   * @param path the file or folder, see {@link #causalLm(Path)}
   * @param precision how the weights are held
   * @return the model, to be closed by the caller; a {@link CausalLm.White} in full precision
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static CausalLm.Gray causalLm(Path path, Precision precision) {
    return causalLm(path, precision, UnaryOperator.identity());
  }

  /**
   * Opens a language model with an adapter merged into its weights, in any precision.
   *
   * @param path the file or folder, see {@link #causalLm(Path)}
   * @param precision how the weights are held
   * @param lora the adapter; stays the caller's
   * @return the model, to be closed by the caller; a {@link CausalLm.White} in full precision
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   * @throws IllegalArgumentException if the adapter changes a weight that the model does not have
   *     or that has another shape
   */
  public static CausalLm.Gray causalLm(Path path, Precision precision, Lora lora) {
    Set<String> missing = new TreeSet<>(lora.factors().keySet());
    CausalLm.Gray model =
        causalLm(
            path,
            precision,
            source -> {
              ParameterSource changed = lora.applied(source);
              return (name, manager, shape) -> {
                missing.remove(name);
                return changed.take(name, manager, shape);
              };
            });
    if (!missing.isEmpty()) {
      model.close();
      throw new IllegalArgumentException(
          path + ": the adapter changes weights that the model does not have: " + missing);
    }
    return model;
  }

  private static CausalLm.Gray causalLm(
      Path path, Precision precision, UnaryOperator<ParameterSource> change) {
    if (Files.isDirectory(path)) {
      Path gguf = Files.exists(path.resolve("config.json")) ? null : ggufIn(path);
      return gguf == null
          ? causalLm(ModelFiles.in(path), precision, change)
          : causalLm(gguf, precision, change);
    }
    if (!Files.exists(path)) {
      throw new InvalidModelFile(path + ": no such file or folder");
    }
    if (!isGguf(path)) {
      throw new UnsupportedModel(
          path
              + ": cannot be opened as a language model; a .gguf file or a folder with config.json was expected");
    }
    try (GgufFile file = GgufFile.open(path)) {
      return GgufModels.causalLm(file, precision, change);
    }
  }

  private static boolean isGguf(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gguf");
  }

  /** The only GGUF file of a folder, or null if there is none. */
  static Path ggufIn(Path folder) {
    List<Path> found;
    try (Stream<Path> files = Files.list(folder)) {
      found = files.filter(f -> isGguf(f) && Files.isRegularFile(f)).sorted().toList();
    } catch (IOException e) {
      throw new InvalidModelFile(folder + ": cannot be listed: " + e.getMessage(), e);
    }
    if (found.size() > 1) {
      throw new InvalidModelFile(
          folder
              + ": holds several GGUF files; name one: "
              + found.stream()
                  .map(f -> f.getFileName().toString())
                  .limit(10)
                  .collect(Collectors.joining(", ")));
    }
    return found.isEmpty() ? null : found.get(0);
  }

  /** How {@link Models} opens models of text; a classifier stands before an encoder. */
  static List<ModelFormat> formats() {
    Set<String> causal = new TreeSet<>(LlamaFormat.ARCHITECTURES);
    causal.addAll(Gpt2Format.ARCHITECTURES);
    return List.of(
        new TextFormat(
            List.copyOf(causal), CausalLm.White.class, files -> causalLm(files, Precision.FULL)),
        new TextFormat(
            List.of(BertFormat.CLASSIFIER), TextClassifier.White.class, BertFormat::classifier),
        new TextFormat(
            List.copyOf(BertFormat.ENCODERS),
            TextEncoder.White.class,
            files -> BertFormat.encoder(files, null)));
  }

  private record TextFormat(
      List<String> architectures, Class<? extends Model> type, Function<ModelFiles, Model> how)
      implements ModelFormat {
    @Override
    public Model open(ModelFiles files, String architecture) {
      return how.apply(files);
    }
  }

  /**
   * Opens a language model from its files, such as those on the class path.
   *
   * @param files the files
   * @param precision how the weights are held
   * @return the model, to be closed by the caller; a {@link CausalLm.White} in full precision
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture that is not supported; the message names
   *     it
   */
  public static CausalLm.Gray causalLm(ModelFiles files, Precision precision) {
    return causalLm(files, precision, UnaryOperator.identity());
  }

  private static CausalLm.Gray causalLm(
      ModelFiles files, Precision precision, UnaryOperator<ParameterSource> change) {
    HfConfig config = files.config();
    String architecture = architecture(files, config);
    if (LlamaFormat.ARCHITECTURES.contains(architecture)) {
      return LlamaFormat.open(files, config, architecture, precision, change);
    }
    if (Gpt2Format.ARCHITECTURES.contains(architecture)) {
      return Gpt2Format.open(files, config, precision, change);
    }
    Set<String> known = new TreeSet<>(LlamaFormat.ARCHITECTURES);
    known.addAll(Gpt2Format.ARCHITECTURES);
    throw unsupported(files, architecture, known);
  }

  /**
   * Saves a Llama-like model as a folder that {@link #causalLm(Path)} opens again, in single
   * precision, with its tokenizer and chat template.
   *
   * @param model a model that {@link Llama} built in single precision; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws IllegalArgumentException if the model is of another class, or has what {@code
   *     LlamaForCausalLM} cannot express
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public static void save(CausalLm.White model, Path folder) {
    LlamaConfig config =
        Llama.config(model)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "only a Llama in single precision can be saved, this is a "
                            + model.card().architecture()));
    FolderWriter.model(
        folder, LlamaFormat.describe(model, config), ((HasParameters) model).stored());
    FolderWriter.tokenizer(folder, model.tokenizer(), model.chatTemplate());
  }

  /**
   * Saves a classifier of texts as a folder that {@link #textClassifier(Path)} opens again, in
   * single precision, with its tokenizer.
   *
   * @param model the classifier; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public static void save(Bert.Classifier model, Path folder) {
    FolderWriter.model(folder, BertFormat.describe(model), model.stored());
    FolderWriter.tokenizer(folder, model.tokenizer());
  }

  /**
   * Saves an encoder of texts as a folder that {@link #textEncoder(Path)} opens again, in single
   * precision, with its tokenizer and its pooling, in the layout of sentence-transformers.
   *
   * @param model the encoder; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public static void save(Bert.Encoder model, Path folder) {
    BertFormat.save(model, folder);
  }

  /**
   * Opens an encoder of texts: a BERT folder, with the pooling that the layout of
   * sentence-transformers names, or else the mean divided by its length.
   *
   * @param path the folder
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.nn.HasParameters}
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture that is not supported; the message names
   *     it
   */
  public static TextEncoder.White textEncoder(Path path) {
    return textEncoder(ModelFiles.in(path), null);
  }

  /**
   * Opens an encoder of texts with a pooling of one's own.
   *
   * @param files the files of a BERT
   * @param pooling how states become one vector; null for what the files say
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.nn.HasParameters}
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture that is not supported; the message names
   *     it
   */
  public static TextEncoder.White textEncoder(ModelFiles files, Pooling pooling) {
    return BertFormat.encoder(files, pooling);
  }

  /**
   * Opens a classifier of texts: a folder of {@code BertForSequenceClassification}.
   *
   * @param path the folder
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.nn.HasParameters}
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture that is not supported; the message names
   *     it
   */
  public static TextClassifier.White textClassifier(Path path) {
    return textClassifier(ModelFiles.in(path));
  }

  /**
   * Opens a classifier of texts from its files, such as those on the class path.
   *
   * @param files the files of a {@code BertForSequenceClassification}
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.nn.HasParameters}
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture that is not supported; the message names
   *     it
   */
  public static TextClassifier.White textClassifier(ModelFiles files) {
    return BertFormat.classifier(files);
  }

  static String architecture(ModelFiles files, HfConfig config) {
    if (config.architectures().isEmpty()) {
      throw new InvalidModelFile(files.origin() + ": \"architectures\" in config.json is missing");
    }
    return config.architectures().get(0);
  }

  static UnsupportedModel unsupported(ModelFiles files, String architecture, Set<String> known) {
    return new UnsupportedModel(
        files.origin()
            + ": architecture \""
            + architecture
            + "\" is not supported here"
            + NearNames.hint(architecture, known)
            + "; supported are "
            + String.join(", ", known));
  }

  /** The tokenizer of a model's files, checked against the model's vocabulary. */
  static Tokenizer tokenizer(ModelFiles files, int vocabulary) {
    Tokenizer tokenizer =
        HuggingFaceTokenizers.of(
            files.origin() + "/tokenizer.json",
            files.read("tokenizer.json", MAX_TOKENIZER),
            optional(files, "tokenizer_config.json"),
            optional(files, "special_tokens_map.json"));
    try {
      checkVocabulary(files.origin(), tokenizer, vocabulary);
      return tokenizer;
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /**
   * A tokenizer may know fewer tokens than a model, whose vocabulary is often rounded up, but never
   * more.
   */
  static void checkVocabulary(String origin, Tokenizer tokenizer, int vocabulary) {
    if (tokenizer.size() > vocabulary || tokenizer.size() < vocabulary / 4) {
      throw new InvalidModelFile(
          origin
              + ": the tokenizer has "
              + tokenizer.size()
              + " tokens, the model "
              + vocabulary
              + "; it is the tokenizer of another model");
    }
  }

  private static byte[] optional(ModelFiles files, String name) {
    return files.has(name) ? files.read(name, HfConfig.MAX_BYTES) : null;
  }

  static LmIdentity identity(ModelFiles files, HfConfig config, int vocabulary) {
    Set<Integer> endTokens = new TreeSet<>();
    addEndTokens(endTokens, config);
    byte[] generation = optional(files, "generation_config.json");
    if (generation != null) {
      addEndTokens(
          endTokens,
          HfConfig.parse(
              files.origin() + "/generation_config.json",
              new String(generation, StandardCharsets.UTF_8)));
    }
    Optional<ChatTemplate> template = template(files);
    Tokenizer tokenizer = tokenizer(files, vocabulary);
    tokenizer.special().end().ifPresent(endTokens::add);
    endTokens.removeIf(id -> id < 0 || id >= vocabulary);
    return new LmIdentity(
        ModelCard.named(files.name()).withOrigin(files.origin()), tokenizer, template, endTokens);
  }

  private static void addEndTokens(Set<Integer> endTokens, HfConfig config) {
    if (config.isArray("eos_token_id")) {
      endTokens.addAll(config.integers("eos_token_id"));
    } else if (config.has("eos_token_id")) {
      endTokens.add(config.integer("eos_token_id"));
    }
  }

  private static Optional<ChatTemplate> template(ModelFiles files) {
    byte[] jinja = optional(files, "chat_template.jinja");
    if (jinja == null && files.has("chat_template.json")) {
      jinja =
          files
              .config("chat_template.json")
              .string("chat_template")
              .getBytes(StandardCharsets.UTF_8);
    }
    byte[] config = optional(files, "tokenizer_config.json");
    String origin = files.origin() + "/tokenizer_config.json";
    String text = config == null ? "{}" : new String(config, StandardCharsets.UTF_8);
    if (jinja == null && !HfConfig.parse(origin, text).has("chat_template")) {
      return Optional.empty();
    }
    return Optional.of(
        ChatTemplate.fromTokenizerConfig(
            origin, text, jinja == null ? null : new String(jinja, StandardCharsets.UTF_8)));
  }
}
