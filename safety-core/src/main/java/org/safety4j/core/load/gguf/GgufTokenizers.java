package org.safety4j.core.load.gguf;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;

/**
 * The tokenizer and chat template that a GGUF file carries.
 *
 * <p>The metadata are written as a {@code tokenizer.json} in memory, which the original
 * implementation of Hugging Face's tokenizers then runs. Kinds: {@code gpt2} (byte-level BPE with
 * merges, cut by the pre-tokenizer that {@code tokenizer.ggml.pre} names) and {@code llama} (pieces
 * with scores, merged from the best score on, with byte fallback).
 */
public final class GgufTokenizers {
  private static final String MODEL = "tokenizer.ggml.model";
  private static final String PRE = "tokenizer.ggml.pre";
  private static final String TOKENS = "tokenizer.ggml.tokens";
  private static final String TYPES = "tokenizer.ggml.token_type";
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int BYTE = 6;

  private static final String WORDS =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  /** Words, digits in groups of at most {@code %s}, punctuation, line ends. */
  private static final String MODERN =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,%s}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
          + "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final String CASED =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+%1$s|"
          + "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*%1$s|"
          + "\\p{N}{1,%2$s}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final Set<String> GPT2 =
      Set.of("gpt-2", "phi-2", "jina-es", "jina-de", "mpt", "olmo", "jais", "trillion");
  private static final Set<String> DIGIT_WORDS =
      Set.of("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b");
  private static final Set<String> LLAMA3 =
      Set.of("llama3", "llama-v3", "llama-bpe", "falcon3", "dbrx", "smaug-bpe", "smollm3");
  private static final Set<String> QWEN2 =
      Set.of("qwen2", "deepseek-r1-qwen", "megrez", "stablelm2", "hunyuan");

  private GgufTokenizers() {}

  /**
   * Makes the tokenizer of a file.
   *
   * @param file an open file; it may be closed afterwards
   * @return the tokenizer, to be closed by the caller
   * @throws InvalidModelFile if the file has no tokenizer or its parts do not fit
   * @throws UnsupportedModel if its kind or pre-tokenizer is not supported; the message names it
   */
  public static Tokenizer tokenizer(GgufFile file) {
    GgufMetadata values = file.values();
    List<String> tokens = values.strings(TOKENS);
    if (new java.util.HashSet<>(tokens).size() != tokens.size()) {
      throw new InvalidModelFile(file.origin() + ": \"" + TOKENS + "\" has the same token twice");
    }
    SpecialTokens special =
        new SpecialTokens(
            role(values, "bos", tokens),
            role(values, "eos", tokens),
            role(values, "padding", tokens),
            role(values, "unknown", tokens));
    return HuggingFaceTokenizers.of(
        "tokenizer of " + file.origin(), json(values, tokens, special), special);
  }

  /**
   * Makes the chat template of a file.
   *
   * @param file an open file; it may be closed afterwards
   * @return the template
   * @throws InvalidModelFile if the file has none, or it is refused
   */
  public static ChatTemplate chatTemplate(GgufFile file) {
    GgufMetadata values = file.values();
    List<String> tokens = values.strings(TOKENS);
    OptionalInt begin = role(values, "bos", tokens);
    OptionalInt end = role(values, "eos", tokens);
    return ChatTemplate.of(
        values.string("tokenizer.chat_template"),
        begin.isPresent() ? tokens.get(begin.getAsInt()) : null,
        end.isPresent() ? tokens.get(end.getAsInt()) : null);
  }

  private static OptionalInt role(GgufMetadata values, String role, List<String> tokens) {
    String key = "tokenizer.ggml." + role + "_token_id";
    if (!values.has(key)) {
      return OptionalInt.empty();
    }
    int id = values.integer(key);
    if (id < 0 || id >= tokens.size()) {
      throw new InvalidModelFile(
          values.origin()
              + ": \""
              + key
              + "\" is "
              + id
              + ", the vocabulary has "
              + tokens.size()
              + " tokens");
    }
    return OptionalInt.of(id);
  }

  private static long[] types(GgufMetadata values, int size) {
    if (!values.has(TYPES)) {
      return new long[size];
    }
    long[] types = values.integers(TYPES);
    if (types.length != size) {
      throw new InvalidModelFile(
          values.origin()
              + ": \""
              + TYPES
              + "\" has "
              + types.length
              + " entries for "
              + size
              + " tokens");
    }
    return types;
  }

  private static byte[] json(GgufMetadata values, List<String> tokens, SpecialTokens special) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 20);
    try (JsonGenerator out = new JsonFactory().createGenerator(bytes)) {
      long[] types = types(values, tokens.size());
      out.writeStartObject();
      out.writeStringField("version", "1.0");
      out.writeNullField("truncation");
      out.writeNullField("padding");
      addedTokens(out, tokens, types);
      String model = values.string(MODEL);
      switch (model) {
        case "gpt2" -> byteLevel(out, values, tokens);
        case "llama" -> scored(out, values, tokens, types, special);
        default ->
            throw new UnsupportedModel(
                values.origin()
                    + ": the tokenizer kind \""
                    + model
                    + "\" is not supported, only gpt2 and llama");
      }
      postProcessor(out, values, tokens, special, model.equals("llama"));
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static void addedTokens(JsonGenerator out, List<String> tokens, long[] types)
      throws IOException {
    out.writeArrayFieldStart("added_tokens");
    for (int id = 0; id < types.length; id++) {
      if ((types[id] == CONTROL || types[id] == USER_DEFINED) && !tokens.get(id).isEmpty()) {
        out.writeStartObject();
        out.writeNumberField("id", id);
        out.writeStringField("content", tokens.get(id));
        out.writeBooleanField("single_word", false);
        out.writeBooleanField("lstrip", false);
        out.writeBooleanField("rstrip", false);
        out.writeBooleanField("normalized", false);
        out.writeBooleanField("special", types[id] == CONTROL);
        out.writeEndObject();
      }
    }
    out.writeEndArray();
  }

  private static void postProcessor(
      JsonGenerator out,
      GgufMetadata values,
      List<String> tokens,
      SpecialTokens special,
      boolean beginByDefault)
      throws IOException {
    boolean begin =
        values.flag("tokenizer.ggml.add_bos_token", beginByDefault) && special.begin().isPresent();
    boolean end = values.flag("tokenizer.ggml.add_eos_token", false) && special.end().isPresent();
    if (!begin && !end) {
      out.writeNullField("post_processor");
      return;
    }
    out.writeObjectFieldStart("post_processor");
    out.writeStringField("type", "TemplateProcessing");
    for (String which : List.of("single", "pair")) {
      out.writeArrayFieldStart(which);
      for (String id : which.equals("single") ? List.of("A") : List.of("A", "B")) {
        if (begin) {
          piece(out, "SpecialToken", tokens.get(special.begin().getAsInt()));
        }
        piece(out, "Sequence", id);
        if (end) {
          piece(out, "SpecialToken", tokens.get(special.end().getAsInt()));
        }
      }
      out.writeEndArray();
    }
    out.writeObjectFieldStart("special_tokens");
    Set<Integer> used = new TreeSet<>();
    if (begin) {
      used.add(special.begin().getAsInt());
    }
    if (end) {
      used.add(special.end().getAsInt());
    }
    for (int id : used) {
      out.writeObjectFieldStart(tokens.get(id));
      out.writeStringField("id", tokens.get(id));
      out.writeArrayFieldStart("ids");
      out.writeNumber(id);
      out.writeEndArray();
      out.writeArrayFieldStart("tokens");
      out.writeString(tokens.get(id));
      out.writeEndArray();
      out.writeEndObject();
    }
    out.writeEndObject();
    out.writeEndObject();
  }

  private static void piece(JsonGenerator out, String kind, String id) throws IOException {
    out.writeStartObject();
    out.writeObjectFieldStart(kind);
    out.writeStringField("id", id);
    out.writeNumberField("type_id", 0);
    out.writeEndObject();
    out.writeEndObject();
  }

  // ---- byte-level BPE ----

  private static void byteLevel(JsonGenerator out, GgufMetadata values, List<String> tokens)
      throws IOException {
    String pre = values.string(PRE, "default");
    out.writeNullField("normalizer");
    out.writeObjectFieldStart("pre_tokenizer");
    out.writeStringField("type", "Sequence");
    out.writeArrayFieldStart("pretokenizers");
    for (String pattern : patterns(values.origin(), pre)) {
      out.writeStartObject();
      out.writeStringField("type", "Split");
      out.writeObjectFieldStart("pattern");
      out.writeStringField("Regex", pattern);
      out.writeEndObject();
      out.writeStringField("behavior", "Isolated");
      out.writeBooleanField("invert", false);
      out.writeEndObject();
    }
    bytes(out);
    out.writeEndArray();
    out.writeEndObject();
    out.writeFieldName("decoder");
    bytes(out);

    Stream<String[]> merges =
        values.strings("tokenizer.ggml.merges").stream().map(merge -> pair(values.origin(), merge));
    model(out, tokens, merges, null, false, LLAMA3.contains(pre) || pre.equals("tekken"));
  }

  private static String[] pair(String origin, String merge) {
    int space = merge.indexOf(' ', 1);
    if (space < 0 || space == merge.length() - 1) {
      throw new InvalidModelFile(origin + ": the merge \"" + merge + "\" is not two tokens");
    }
    return new String[] {merge.substring(0, space), merge.substring(space + 1)};
  }

  private static List<String> patterns(String origin, String pre) {
    if (GPT2.contains(pre)) {
      return List.of(WORDS);
    }
    if (DIGIT_WORDS.contains(pre)) {
      return List.of("\\p{N}", WORDS);
    }
    if (LLAMA3.contains(pre)) {
      return List.of(MODERN.formatted("3"));
    }
    if (QWEN2.contains(pre)) {
      return List.of(MODERN.formatted("1"));
    }
    return switch (pre) {
      case "default" -> List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", WORDS, "\\p{N}+", "[0-9][0-9][0-9]");
      case "gpt-4o", "llama4" -> List.of(CASED.formatted("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "3"));
      case "tekken" -> List.of(CASED.formatted("", "1"));
      default ->
          throw new UnsupportedModel(
              origin
                  + ": the pre-tokenizer \""
                  + pre
                  + "\" is not supported; supported are default, gpt-4o, llama4, tekken, "
                  + String.join(", ", new TreeSet<>(GPT2))
                  + ", "
                  + String.join(", ", new TreeSet<>(DIGIT_WORDS))
                  + ", "
                  + String.join(", ", new TreeSet<>(LLAMA3))
                  + ", "
                  + String.join(", ", new TreeSet<>(QWEN2)));
    };
  }

  private static void bytes(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("type", "ByteLevel");
    out.writeBooleanField("add_prefix_space", false);
    out.writeBooleanField("trim_offsets", true);
    out.writeBooleanField("use_regex", false);
    out.writeEndObject();
  }

  private static void model(
      JsonGenerator out,
      List<String> tokens,
      Stream<String[]> merges,
      String unknown,
      boolean bytes,
      boolean whole)
      throws IOException {
    out.writeObjectFieldStart("model");
    out.writeStringField("type", "BPE");
    out.writeNullField("dropout");
    if (unknown == null) {
      out.writeNullField("unk_token");
    } else {
      out.writeStringField("unk_token", unknown);
    }
    out.writeNullField("continuing_subword_prefix");
    out.writeNullField("end_of_word_suffix");
    out.writeBooleanField("fuse_unk", unknown != null);
    out.writeBooleanField("byte_fallback", bytes);
    out.writeBooleanField("ignore_merges", whole);
    out.writeObjectFieldStart("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      out.writeNumberField(tokens.get(id), id);
    }
    out.writeEndObject();
    out.writeArrayFieldStart("merges");
    for (String[] merge : (Iterable<String[]>) merges::iterator) {
      out.writeStartArray();
      out.writeString(merge[0]);
      out.writeString(merge[1]);
      out.writeEndArray();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  // ---- pieces with scores ----

  private record Merge(String left, String right, double score, int leftId, int rightId) {}

  private static void scored(
      JsonGenerator out,
      GgufMetadata values,
      List<String> tokens,
      long[] types,
      SpecialTokens special)
      throws IOException {
    double[] scores = values.numbers("tokenizer.ggml.scores");
    if (scores.length != tokens.size()) {
      throw new InvalidModelFile(
          values.origin() + ": " + scores.length + " scores for " + tokens.size() + " tokens");
    }
    boolean prefix = values.flag("tokenizer.ggml.add_space_prefix", true);
    out.writeObjectFieldStart("normalizer");
    out.writeStringField("type", "Sequence");
    out.writeArrayFieldStart("normalizers");
    if (prefix) {
      out.writeStartObject();
      out.writeStringField("type", "Prepend");
      out.writeStringField("prepend", "\u2581");
      out.writeEndObject();
    }
    replace(out, " ", "\u2581");
    out.writeEndArray();
    out.writeEndObject();
    out.writeNullField("pre_tokenizer");

    out.writeObjectFieldStart("decoder");
    out.writeStringField("type", "Sequence");
    out.writeArrayFieldStart("decoders");
    replace(out, "\u2581", " ");
    for (String each : List.of("ByteFallback", "Fuse")) {
      out.writeStartObject();
      out.writeStringField("type", each);
      out.writeEndObject();
    }
    if (prefix) {
      out.writeStartObject();
      out.writeStringField("type", "Strip");
      out.writeStringField("content", " ");
      out.writeNumberField("start", 1);
      out.writeNumberField("stop", 0);
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();

    String unknown =
        special.unknown().isPresent() ? tokens.get(special.unknown().getAsInt()) : null;
    model(out, tokens, merges(tokens, scores, types).stream(), unknown, true, false);
  }

  private static void replace(JsonGenerator out, String from, String to) throws IOException {
    out.writeStartObject();
    out.writeStringField("type", "Replace");
    out.writeObjectFieldStart("pattern");
    out.writeStringField("String", from);
    out.writeEndObject();
    out.writeStringField("content", to);
    out.writeEndObject();
  }

  /** Every way to make a piece of two, best score first; within a piece by the ids of its parts. */
  private static List<String[]> merges(List<String> tokens, double[] scores, long[] types) {
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      if (types[id] != CONTROL && types[id] != BYTE) {
        ids.put(tokens.get(id), id);
      }
    }
    List<Merge> merges = new ArrayList<>();
    for (Map.Entry<String, Integer> entry : ids.entrySet()) {
      String piece = entry.getKey();
      for (int cut = 1; cut < piece.length() && piece.length() <= 128; cut++) {
        Integer left = ids.get(piece.substring(0, cut));
        Integer right = ids.get(piece.substring(cut));
        if (left != null && right != null) {
          merges.add(
              new Merge(
                  piece.substring(0, cut),
                  piece.substring(cut),
                  scores[entry.getValue()],
                  left,
                  right));
        }
      }
    }
    merges.sort(
        Comparator.comparingDouble(Merge::score)
            .reversed()
            .thenComparingInt(Merge::leftId)
            .thenComparingInt(Merge::rightId));
    return merges.stream().map(m -> new String[] {m.left, m.right}).toList();
  }
}
