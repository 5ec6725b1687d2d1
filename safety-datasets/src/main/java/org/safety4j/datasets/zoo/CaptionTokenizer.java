package org.safety4j.datasets.zoo;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.core.train.BytePairs;

/**
 * Learns a tokenizer as CLIP has it (byte pairs over lower-cased words, whose last byte is marked)
 * from a list of texts. The same texts give the same tokenizer.
 *
 * <p><b>Source</b>: Sennrich, Haddow, Birch, "Neural Machine Translation of Rare Words with Subword
 * Units", ACL 2016; vocabulary and marks as in Radford et al., "Learning Transferable Visual Models
 * From Natural Language Supervision", ICML 2021.
 */
final class CaptionTokenizer {
  static final String BEGIN = "<|startoftext|>";
  static final String END = "<|endoftext|>";
  private static final String LAST = "</w>";
  private static final String PIECES =
      "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

  private CaptionTokenizer() {}

  /** Learns merges, the most frequent pair first; among equals the first in alphabetical order. */
  static Tokenizer learn(String origin, List<String> texts, int merges) {
    List<String> tokens = new ArrayList<>();
    for (String mark : List.of("", LAST)) {
      for (int b = 0; b < BytePairs.BYTES; b++) {
        tokens.add(BytePairs.visible(b) + mark);
      }
    }
    BytePairs pairs = new BytePairs(tokens, 2, BytePairs.Ties.BY_SPELLING);
    words(texts).forEach((word, count) -> pairs.add(bytes(word), count));
    pairs.learn(tokens.size() + merges);
    return tokenizer(origin, pairs);
  }

  private static Map<String, Integer> words(List<String> texts) {
    Map<String, Integer> counts = new TreeMap<>();
    Pattern piece = Pattern.compile(PIECES);
    for (String text : texts) {
      Matcher matcher = piece.matcher(text.toLowerCase(Locale.ROOT));
      while (matcher.find()) {
        counts.merge(matcher.group(), 1, Integer::sum);
      }
    }
    return counts;
  }

  /** Numbers of a word's bytes, of which the last is another token. */
  private static int[] bytes(String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    int[] tokens = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = (bytes[i] & 0xff) + (i == bytes.length - 1 ? BytePairs.BYTES : 0);
    }
    return tokens;
  }

  private static Tokenizer tokenizer(String origin, BytePairs learned) {
    List<String> vocabulary = new ArrayList<>(learned.tokens());
    int begin = vocabulary.size();
    int end = begin + 1;
    vocabulary.add(BEGIN);
    vocabulary.add(END);
    StringBuilder entries = new StringBuilder();
    for (int id = 0; id < vocabulary.size(); id++) {
      entries
          .append(id == 0 ? "" : ", ")
          .append(quoted(vocabulary.get(id)))
          .append(": ")
          .append(id);
    }
    String pairs =
        learned.merges().stream()
            .map(p -> quoted(vocabulary.get(p.left()) + " " + vocabulary.get(p.right())))
            .collect(Collectors.joining(", "));
    String json =
        """
        {
         "version": "1.0",
         "added_tokens": [%1$s, %2$s],
         "normalizer": {"type": "Sequence", "normalizers": [
           {"type": "NFC"},
           {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "},
           {"type": "Lowercase"}]},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "Split", "pattern": {"Regex": %3$s}, "behavior": "Removed", "invert": true},
           {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}]},
         "post_processor": {"type": "RobertaProcessing", "sep": ["%5$s", %7$d],
           "cls": ["%4$s", %6$d], "trim_offsets": false, "add_prefix_space": false},
         "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true},
         "model": {"type": "BPE", "unk_token": "%5$s", "continuing_subword_prefix": "",
           "end_of_word_suffix": "</w>", "fuse_unk": false,
           "vocab": {%8$s},
           "merges": [%9$s]}
        }
        """
            .formatted(
                special(BEGIN, begin),
                special(END, end),
                quoted(PIECES),
                BEGIN,
                END,
                begin,
                end,
                entries,
                pairs);
    SpecialTokens roles =
        new SpecialTokens(
            OptionalInt.of(begin), OptionalInt.of(end), OptionalInt.of(end), OptionalInt.of(end));
    return HuggingFaceTokenizers.of(origin, json.getBytes(StandardCharsets.UTF_8), roles);
  }

  private static String special(String token, int id) {
    return ("{\"id\": %d, \"content\": \"%s\", \"single_word\": false, \"lstrip\": false,"
            + " \"rstrip\": false, \"normalized\": false, \"special\": true}")
        .formatted(id, token);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
