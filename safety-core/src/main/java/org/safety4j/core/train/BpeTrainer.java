package org.safety4j.core.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.safety4j.core.error.Require;

/**
 * Learns a byte-level tokenizer from texts: the pair of tokens that stands most often beside one
 * another becomes a token, until there are enough. Every text can be encoded, since all bytes are
 * tokens.
 *
 * <pre>{@code
 * byte[] json = new BpeTrainer(1_024, 2, List.of("<|end|>")).train(texts);
 * Tokenizer tokenizer = HuggingFaceTokenizers.of("mine", json, SpecialTokens.none());
 * }</pre>
 *
 * <p><b>Source:</b> Sennrich, Haddow and Birch, Neural Machine Translation of Rare Words with
 * Subword Units, ACL 2016; bytes and the split into words: Radford et al., Language Models are
 * Unsupervised Multitask Learners, 2019. <b>Deviations:</b> none; of pairs that are equally
 * frequent the one whose tokens have the smaller numbers is taken, so that the result is the same
 * each time.
 *
 * @param vocabulary tokens at most, special ones included; at least 256 more than those
 * @param minFrequency how often a pair must occur to become a token, at least 1
 * @param special tokens that stand for no text, in the order of their numbers, which start at 0
 * @param start the special token that {@link org.safety4j.core.text.Tokenizer#encodeFull} puts
 *     before a text; empty for none
 */
public record BpeTrainer(
    int vocabulary, int minFrequency, List<String> special, Optional<String> start) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How GPT-2 splits text; the tokenizer.json names the same expression. */
  private static final Pattern WORDS =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  /**
   * Copies and checks.
   *
   * @param vocabulary tokens at most, special ones included; at least 256 more than those
   * @param minFrequency how often a pair must occur to become a token, at least 1
   * @param special tokens that stand for no text, in the order of their numbers, which start at 0
   * @param start the special token that {@link org.safety4j.core.text.Tokenizer#encodeFull} puts
   *     before a text; empty for none
   * @throws IllegalArgumentException if a value is out of range or a special token stands twice
   */
  public BpeTrainer {
    special = List.copyOf(special);
    Require.atLeast("vocabulary", vocabulary, BytePairs.BYTES + special.size());
    Require.atLeast("minFrequency", minFrequency, 1);
    Require.that(
        special.stream().distinct().count() == special.size()
            && special.stream().noneMatch(String::isEmpty),
        "special tokens must be distinct and not empty, were " + special);
    Require.that(
        start.isEmpty() || special.contains(start.get()),
        "start must be one of the special tokens " + special + ", was " + start.orElse(""));
  }

  /**
   * A trainer of tokenizers that put nothing before a text.
   *
   * @param vocabulary tokens at most
   * @param minFrequency how often a pair must occur to become a token
   * @param special tokens that stand for no text
   */
  public BpeTrainer(int vocabulary, int minFrequency, List<String> special) {
    this(vocabulary, minFrequency, special, Optional.empty());
  }

  /**
   * Changes what stands before a text.
   *
   * @param token one of the special tokens
   * @return a copy
   */
  public BpeTrainer withStart(String token) {
    return new BpeTrainer(vocabulary, minFrequency, special, Optional.of(token));
  }

  /**
   * Learns a tokenizer.
   *
   * @param texts what to learn from
   * @return the text of a {@code tokenizer.json}, UTF-8
   * @throws IllegalArgumentException if there are no texts
   */
  public byte[] train(Iterable<String> texts) {
    Map<String, Long> counts = new TreeMap<>();
    for (String text : texts) {
      Matcher words = WORDS.matcher(text);
      while (words.find()) {
        counts.merge(words.group(), 1L, Long::sum);
      }
    }
    Require.notEmpty("texts", counts.keySet());
    List<String> tokens = new ArrayList<>(special);
    for (int b = 0; b < BytePairs.BYTES; b++) {
      tokens.add(Character.toString(BytePairs.visible(b)));
    }
    BytePairs pairs = new BytePairs(tokens, minFrequency, BytePairs.Ties.BY_NUMBER);
    counts.forEach(
        (text, count) -> {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          int[] ids = new int[bytes.length];
          for (int i = 0; i < ids.length; i++) {
            ids[i] = special.size() + (bytes[i] & 0xff);
          }
          pairs.add(ids, count);
        });
    pairs.learn(vocabulary);
    return json(pairs.tokens(), pairs.merges());
  }

  private byte[] json(List<String> tokens, List<BytePairs.Merge> merges) {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < special.size(); id++) {
      ObjectNode token = added.addObject();
      token.put("id", id);
      token.put("content", special.get(id));
      for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
        token.put(flag, false);
      }
      token.put("special", true);
    }
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"));
    if (start.isPresent()) {
      starting(root.putObject("post_processor"), start.get());
    } else {
      root.putNull("post_processor");
    }
    byteLevel(root.putObject("decoder"));
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE");
    model.putNull("dropout");
    model.putNull("unk_token");
    model.putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix");
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", false);
    Map<String, Integer> vocab = new LinkedHashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      vocab.putIfAbsent(tokens.get(id), id);
    }
    ObjectNode ids = model.putObject("vocab");
    vocab.forEach(ids::put);
    ArrayNode pairs = model.putArray("merges");
    for (BytePairs.Merge merge : merges) {
      pairs.addArray().add(tokens.get(merge.left())).add(tokens.get(merge.right()));
    }
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tokenizer can always be encoded", e);
    }
  }

  private void starting(ObjectNode node, String token) {
    node.put("type", "TemplateProcessing");
    for (String text : List.of("single", "pair")) {
      ArrayNode parts = node.putArray(text);
      part(parts, "SpecialToken", token, 0);
      part(parts, "Sequence", "A", 0);
      if (text.equals("pair")) {
        part(parts, "Sequence", "B", 1);
      }
    }
    ObjectNode known = node.putObject("special_tokens").putObject(token);
    known.put("id", token);
    known.putArray("ids").add(special.indexOf(token));
    known.putArray("tokens").add(token);
  }

  private static void part(ArrayNode parts, String kind, String id, int type) {
    parts.addObject().putObject(kind).put("id", id).put("type_id", type);
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel");
    node.put("add_prefix_space", false);
    node.put("trim_offsets", true);
    node.put("use_regex", true);
  }
}
