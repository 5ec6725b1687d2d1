package org.safety4j.core.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;

/**
 * CLIP's tokenizer where a folder holds it as {@code vocab.json} and {@code merges.txt}: written as
 * the {@code tokenizer.json} of the same meaning.
 */
final class ClipVocabulary {
  private static final int MOST_BYTES = 64 << 20;
  private static final String BEGIN = "<|startoftext|>";
  private static final String END = "<|endoftext|>";
  private static final String PIECES =
      "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

  private ClipVocabulary() {}

  static Tokenizer open(Path folder) {
    JsonNode vocabulary = Json.object(folder.resolve("vocab.json"), MOST_BYTES);
    HfConfig config =
        Files.isRegularFile(folder.resolve("tokenizer_config.json"))
            ? HfConfig.read(folder.resolve("tokenizer_config.json"))
            : HfConfig.parse(folder.toString(), "{}");
    if (!config.string("tokenizer_class", "CLIPTokenizer").startsWith("CLIPTokenizer")) {
      throw new UnsupportedModel(
          config.origin()
              + ": a "
              + config.string("tokenizer_class")
              + " is only opened from tokenizer.json");
    }
    int begin = id(folder, vocabulary, BEGIN);
    int end = id(folder, vocabulary, END);
    ObjectNode root = Json.MAPPER.createObjectNode();
    root.put("version", "1.0");
    OptionalInt padding = padding(config, vocabulary);
    ArrayNode added = root.putArray("added_tokens");
    if (padding.isPresent() && padding.getAsInt() != begin && padding.getAsInt() != end) {
      special(added, paddingToken(config), padding.getAsInt());
    }
    special(added, BEGIN, begin);
    special(added, END, end);
    normalizer(root.putObject("normalizer"));
    preTokenizer(root.putObject("pre_tokenizer"));
    ObjectNode post = root.putObject("post_processor");
    post.put("type", "RobertaProcessing").put("trim_offsets", false).put("add_prefix_space", false);
    post.putArray("sep").add(END).add(end);
    post.putArray("cls").add(BEGIN).add(begin);
    byteLevel(root.putObject("decoder"));
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE").put("unk_token", END).put("continuing_subword_prefix", "");
    model.put("end_of_word_suffix", "</w>").put("fuse_unk", false);
    model.set("vocab", vocabulary);
    ArrayNode merges = model.putArray("merges");
    for (String line : merges(folder.resolve("merges.txt"))) {
      if (!line.startsWith("#version") && !line.isBlank()) {
        merges.add(line);
      }
    }
    SpecialTokens roles =
        new SpecialTokens(
            OptionalInt.of(begin),
            OptionalInt.of(end),
            padding.isPresent() ? padding : OptionalInt.of(end),
            OptionalInt.of(end));
    try {
      return HuggingFaceTokenizers.of(
          folder.toString(), Json.MAPPER.writeValueAsBytes(root), roles);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the tokenizer cannot be encoded", e);
    }
  }

  /** The padding token is special, even where it is an ordinary character. */
  private static OptionalInt padding(HfConfig config, JsonNode vocabulary) {
    JsonNode id = config.has("pad_token") ? vocabulary.get(paddingToken(config)) : null;
    return id != null && id.canConvertToInt() ? OptionalInt.of(id.intValue()) : OptionalInt.empty();
  }

  private static String paddingToken(HfConfig config) {
    return config.isObject("pad_token")
        ? config.object("pad_token").string("content")
        : config.string("pad_token");
  }

  private static int id(Path folder, JsonNode vocabulary, String token) {
    JsonNode id = vocabulary.get(token);
    if (id == null || !id.isIntegralNumber() || !id.canConvertToInt()) {
      throw new InvalidModelFile(
          folder.resolve("vocab.json") + ": there is no token \"" + token + "\"");
    }
    return id.intValue();
  }

  private static void special(ArrayNode added, String token, int id) {
    added
        .addObject()
        .put("id", id)
        .put("content", token)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  private static void normalizer(ObjectNode node) {
    ArrayNode steps = node.put("type", "Sequence").putArray("normalizers");
    steps.addObject().put("type", "NFC");
    ObjectNode replace = steps.addObject().put("type", "Replace").put("content", " ");
    replace.putObject("pattern").put("Regex", "\\s+");
    steps.addObject().put("type", "Lowercase");
  }

  private static void preTokenizer(ObjectNode node) {
    ArrayNode steps = node.put("type", "Sequence").putArray("pretokenizers");
    ObjectNode split = steps.addObject().put("type", "Split");
    split.put("behavior", "Removed").put("invert", true);
    split.putObject("pattern").put("Regex", PIECES);
    byteLevel(steps.addObject());
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", true);
  }

  private static List<String> merges(Path file) {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new InvalidModelFile(file + ": more than the " + MOST_BYTES + " bytes allowed");
      }
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
