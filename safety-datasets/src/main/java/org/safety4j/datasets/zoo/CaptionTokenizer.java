package org.safety4j.datasets.zoo;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
  private static final int BYTES = 256;

  private CaptionTokenizer() {}

  private record Pair(String left, String right) {}

  /** Learns merges, the most frequent pair first; among equals the first in alphabetical order. */
  static Tokenizer learn(String origin, List<String> texts, int merges) {
    Map<List<String>, Integer> words = new LinkedHashMap<>();
    words(texts).forEach((word, count) -> words.put(symbols(word), count));
    List<Pair> learned = new ArrayList<>();
    while (learned.size() < merges) {
      Map<Pair, Integer> counts = new HashMap<>();
      words.forEach(
          (word, count) -> {
            for (int i = 0; i + 1 < word.size(); i++) {
              counts.merge(new Pair(word.get(i), word.get(i + 1)), count, Integer::sum);
            }
          });
      Pair best = null;
      for (Map.Entry<Pair, Integer> e : counts.entrySet()) {
        if (best == null || before(e.getKey(), e.getValue(), best, counts.get(best))) {
          best = e.getKey();
        }
      }
      if (best == null || counts.get(best) < 2) {
        break;
      }
      learned.add(best);
      Map<List<String>, Integer> merged = new LinkedHashMap<>();
      for (Map.Entry<List<String>, Integer> e : words.entrySet()) {
        merged.merge(merge(e.getKey(), best), e.getValue(), Integer::sum);
      }
      words.clear();
      words.putAll(merged);
    }
    return tokenizer(origin, learned);
  }

  private static boolean before(Pair a, int countA, Pair b, int countB) {
    if (countA != countB) {
      return countA > countB;
    }
    int order = a.left.compareTo(b.left);
    return order != 0 ? order < 0 : a.right.compareTo(b.right) < 0;
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

  private static List<String> symbols(String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    List<String> symbols = new ArrayList<>();
    for (int i = 0; i < bytes.length; i++) {
      String symbol = written(bytes[i] & 0xff);
      symbols.add(i == bytes.length - 1 ? symbol + LAST : symbol);
    }
    return symbols;
  }

  private static List<String> merge(List<String> word, Pair pair) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < word.size(); i++) {
      boolean fits =
          i + 1 < word.size()
              && word.get(i).equals(pair.left)
              && word.get(i + 1).equals(pair.right);
      out.add(fits ? pair.left + pair.right : word.get(i));
      i += fits ? 1 : 0;
    }
    return out;
  }

  /**
   * How byte-level vocabularies write a byte: printable ones as they are, others from U+0100 on.
   */
  private static String written(int value) {
    int next = 0x100;
    for (int b = 0; b < BYTES; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      if (b == value) {
        return Character.toString(printable ? b : next);
      }
      next += printable ? 0 : 1;
    }
    throw new IllegalArgumentException("not a byte: " + value);
  }

  private static Tokenizer tokenizer(String origin, List<Pair> merges) {
    List<String> vocabulary = new ArrayList<>();
    for (int b = 0; b < BYTES; b++) {
      vocabulary.add(written(b));
    }
    for (int b = 0; b < BYTES; b++) {
      vocabulary.add(written(b) + LAST);
    }
    merges.forEach(pair -> vocabulary.add(pair.left + pair.right));
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
        merges.stream().map(p -> quoted(p.left + " " + p.right)).collect(Collectors.joining(", "));
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
