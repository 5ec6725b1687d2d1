package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.nn.bert.BertConfig;
import org.safety4j.core.nn.bert.Pooling;
import org.safety4j.core.text.Tokenizer;

/** Folders of BERT: encoders, also in the layout of sentence-transformers, and classifiers. */
final class BertFormat {
  static final String CLASSIFIER = "BertForSequenceClassification";
  static final Set<String> ENCODERS =
      new TreeSet<>(Set.of("BertModel", "BertForMaskedLM", CLASSIFIER));
  private static final String PREFIX = "bert.";
  private static final String POOLING = "1_Pooling/config.json";
  private static final String MODULES = "modules.json";
  private static final String MODULE = "sentence_transformers.models.";
  private static final String FIRST = "pooling_mode_cls_token";
  private static final String MEAN = "pooling_mode_mean_tokens";

  private BertFormat() {}

  static Bert.Encoder encoder(ModelFiles files, Pooling pooling) {
    HfConfig json = files.config();
    String architecture = LanguageModels.architecture(files, json);
    if (!ENCODERS.contains(architecture)) {
      throw LanguageModels.unsupported(files, architecture, ENCODERS);
    }
    BertConfig config = config(json);
    Pooling used = pooling == null ? pooling(files) : pooling;
    return open(
        files,
        config,
        (source, tokenizer) -> Bert.encoder(config, used, source, tokenizer, card(files)));
  }

  static Bert.Classifier classifier(ModelFiles files) {
    HfConfig json = files.config();
    String architecture = LanguageModels.architecture(files, json);
    if (!architecture.equals(CLASSIFIER)) {
      throw LanguageModels.unsupported(files, architecture, Set.of(CLASSIFIER));
    }
    BertConfig config = config(json);
    List<String> labels = ClassLabels.read(json);
    return open(
        files,
        config,
        (source, tokenizer) -> Bert.classifier(config, labels, source, tokenizer, card(files)));
  }

  private interface Build<M> {
    M from(ParameterSource source, Tokenizer tokenizer);
  }

  private static <M> M open(ModelFiles files, BertConfig config, Build<M> build) {
    try (TensorSource weights = files.weights()) {
      // A bare encoder's file leaves the first part of the names out.
      boolean bare = !weights.has(PREFIX + "embeddings.word_embeddings.weight");
      ParameterSource source =
          (name, manager, shape) ->
              weights.require(
                  bare && name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name,
                  manager,
                  shape);
      Tokenizer tokenizer = LanguageModels.tokenizer(files, config.vocabulary());
      try {
        return build.from(source, tokenizer);
      } catch (RuntimeException e) {
        tokenizer.close();
        throw e;
      }
    }
  }

  private static ModelCard card(ModelFiles files) {
    return ModelCard.named(files.name()).withOrigin(files.origin());
  }

  private static BertConfig config(HfConfig json) {
    String positions = json.string("position_embedding_type", "absolute");
    if (!positions.equals("absolute")) {
      throw new UnsupportedModel(
          json.origin()
              + ": position_embedding_type \""
              + positions
              + "\" is not supported, only absolute");
    }
    try {
      return new BertConfig(
          json.size("vocab_size"),
          json.size("hidden_size"),
          json.size("num_hidden_layers"),
          json.size("num_attention_heads"),
          json.size("intermediate_size"),
          json.size("max_position_embeddings"),
          json.size("type_vocab_size", 2),
          json.number("layer_norm_eps", 1e-12),
          Activation.of(json.string("hidden_act", "gelu")));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(json.origin() + ": " + e.getMessage(), e);
    }
  }

  static ObjectNode describe(Bert.Classifier model) {
    ObjectNode json = describe(model, CLASSIFIER);
    ClassLabels.write(json, model.classNames());
    return json;
  }

  /** Writes an encoder with its pooling, in the layout of sentence-transformers. */
  static void save(Bert.Encoder model, Path folder) {
    FolderWriter.model(folder, describe(model, "BertModel"), model.stored());
    FolderWriter.tokenizer(folder, model.tokenizer());
    Pooling pooling = model.pooling();
    ObjectNode pooled = Json.MAPPER.createObjectNode();
    pooled.put("word_embedding_dimension", model.width());
    pooled.put(FIRST, pooling.mode() == Pooling.Mode.FIRST);
    pooled.put(MEAN, pooling.mode() == Pooling.Mode.MEAN);
    FolderWriter.json(folder.resolve(POOLING), pooled);
    ArrayNode modules = Json.MAPPER.createArrayNode();
    module(modules, "", "Transformer");
    module(modules, "1_Pooling", "Pooling");
    if (pooling.normalised()) {
      module(modules, "2_Normalize", "Normalize");
    }
    FolderWriter.json(folder.resolve(MODULES), modules);
  }

  private static void module(ArrayNode modules, String path, String type) {
    int at = modules.size();
    modules
        .addObject()
        .put("idx", at)
        .put("name", Integer.toString(at))
        .put("path", path)
        .put("type", MODULE + type);
  }

  private static ObjectNode describe(Bert model, String architecture) {
    BertConfig config = model.config();
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putArray("architectures").add(architecture);
    json.put("model_type", "bert");
    json.put("vocab_size", config.vocabulary());
    json.put("hidden_size", config.width());
    json.put("num_hidden_layers", config.blocks());
    json.put("num_attention_heads", config.heads());
    json.put("intermediate_size", config.mlpWidth());
    json.put("max_position_embeddings", config.context());
    json.put("type_vocab_size", config.types());
    json.put("layer_norm_eps", config.epsilon());
    json.put("hidden_act", config.activation().configName());
    json.put("position_embedding_type", "absolute");
    model.tokenizer().special().padding().ifPresent(id -> json.put("pad_token_id", id));
    return json;
  }

  /** What the layout of sentence-transformers says; without it, the mean divided by its length. */
  private static Pooling pooling(ModelFiles files) {
    if (!files.has(POOLING)) {
      return Pooling.unitMean();
    }
    HfConfig json =
        HfConfig.parse(
            files.origin() + "/" + POOLING,
            new String(files.read(POOLING, HfConfig.MAX_BYTES), StandardCharsets.UTF_8));
    boolean first = json.flag(FIRST, false);
    boolean mean = json.flag(MEAN, false);
    if (first == mean) {
      throw new UnsupportedModel(
          json.origin() + ": only " + FIRST + " and " + MEAN + " are supported, one of them");
    }
    boolean normalised =
        files.has(MODULES)
            && new String(files.read(MODULES, HfConfig.MAX_BYTES), StandardCharsets.UTF_8)
                .contains(MODULE + "Normalize");
    return new Pooling(first ? Pooling.Mode.FIRST : Pooling.Mode.MEAN, normalised);
  }
}
