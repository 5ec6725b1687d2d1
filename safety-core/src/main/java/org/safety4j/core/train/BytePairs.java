package org.safety4j.core.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.Require;

/**
 * Learns merges of tokens from words: the pair that stands most often beside one another becomes a
 * token, again and again.
 *
 * <pre>{@code
 * BytePairs pairs = new BytePairs(List.of("a", "b"), 2, BytePairs.Ties.BY_NUMBER);
 * pairs.add(new int[] {0, 1, 0, 1}, 3); // the word "abab", three times
 * pairs.learn(3); // the tokens are a, b and ab
 * }</pre>
 *
 * <p><b>Source:</b> Sennrich, Haddow and Birch, Neural Machine Translation of Rare Words with
 * Subword Units, ACL 2016. <b>Deviations:</b> none; which of equally frequent pairs is taken is
 * settled, so that the result is the same each time.
 */
public final class BytePairs {
  /** How many bytes there are. */
  public static final int BYTES = 256;

  /** Which of equally frequent pairs becomes a token first. */
  public enum Ties {
    /** The one whose tokens have the smaller numbers. */
    BY_NUMBER,
    /** The one whose tokens come first in the order of characters. */
    BY_SPELLING
  }

  private final List<String> tokens;
  private final int minFrequency;
  private final Comparator<Merge> order;
  private final List<Word> words = new ArrayList<>();
  private final List<Merge> merges = new ArrayList<>();

  /**
   * Two tokens that became one.
   *
   * @param left number of the first
   * @param right number of the second
   */
  public record Merge(int left, int right) {}

  /** A word as tokens, and how often it occurs. */
  private static final class Word {
    private int[] tokens;
    private final long count;

    Word(int[] tokens, long count) {
      this.tokens = tokens;
      this.count = count;
    }

    void merge(Merge pair, int into) {
      int[] merged = new int[tokens.length];
      int n = 0;
      for (int i = 0; i < tokens.length; i++) {
        boolean found =
            i + 1 < tokens.length && tokens[i] == pair.left && tokens[i + 1] == pair.right;
        merged[n++] = found ? into : tokens[i];
        i += found ? 1 : 0;
      }
      tokens = Arrays.copyOf(merged, n);
    }
  }

  /**
   * Begins without words.
   *
   * @param tokens the tokens that words are made of, in the order of their numbers
   * @param minFrequency how often a pair must occur to become a token, at least 1
   * @param ties which of equally frequent pairs becomes a token first
   */
  public BytePairs(List<String> tokens, int minFrequency, Ties ties) {
    Require.atLeast("minFrequency", minFrequency, 1);
    this.tokens = new ArrayList<>(tokens);
    this.minFrequency = minFrequency;
    Comparator<Merge> byNumber =
        Comparator.comparingInt(Merge::left).thenComparingInt(Merge::right);
    Comparator<Merge> bySpelling =
        Comparator.comparing((Merge pair) -> this.tokens.get(pair.left))
            .thenComparing(pair -> this.tokens.get(pair.right));
    this.order = ties == Ties.BY_NUMBER ? byNumber : bySpelling.thenComparing(byNumber);
  }

  /**
   * Adds a word.
   *
   * @param word numbers of its tokens
   * @param count how often it occurs, at least 1
   * @throws IllegalArgumentException if a number is no token's, or the count is too small
   */
  public void add(int[] word, long count) {
    Require.that(count >= 1, "count must be at least 1, was " + count);
    for (int token : word) {
      Require.that(
          token >= 0 && token < tokens.size(),
          "word must have tokens in [0, " + tokens.size() + "), has " + token);
    }
    words.add(new Word(word.clone(), count));
  }

  /**
   * Merges until there are enough tokens or no pair is frequent enough.
   *
   * @param most how many tokens there may be, those that are not merged included
   */
  public void learn(int most) {
    while (tokens.size() < most) {
      Merge best = mostFrequent();
      if (best == null) {
        break;
      }
      int made = tokens.size();
      tokens.add(tokens.get(best.left) + tokens.get(best.right));
      merges.add(best);
      words.forEach(word -> word.merge(best, made));
    }
  }

  private Merge mostFrequent() {
    Map<Merge, Long> pairs = new HashMap<>();
    for (Word word : words) {
      for (int i = 0; i + 1 < word.tokens.length; i++) {
        pairs.merge(new Merge(word.tokens[i], word.tokens[i + 1]), word.count, Long::sum);
      }
    }
    Merge best = null;
    long most = 0;
    for (Map.Entry<Merge, Long> entry : pairs.entrySet()) {
      Merge pair = entry.getKey();
      long count = entry.getValue();
      boolean earlier = best != null && count == most && order.compare(pair, best) < 0;
      if (count >= minFrequency && (count > most || earlier)) {
        best = pair;
        most = count;
      }
    }
    return best;
  }

  /**
   * Returns the tokens.
   *
   * @return those it began with, and behind them what was merged; unmodifiable
   */
  public List<String> tokens() {
    return Collections.unmodifiableList(tokens);
  }

  /**
   * Returns what was merged.
   *
   * @return the merges in their order; unmodifiable
   */
  public List<Merge> merges() {
    return Collections.unmodifiableList(merges);
  }

  /**
   * Tells how byte-level vocabularies write a byte: itself where it can be seen, otherwise a
   * character from U+0100 on.
   *
   * @param b the byte, 0 to 255
   * @return the character that stands for it
   */
  public static char visible(int b) {
    Require.that(b >= 0 && b < BYTES, "b must be in [0, 255], was " + b);
    if (seen(b)) {
      return (char) b;
    }
    int hidden = 0;
    for (int i = 0; i < b; i++) {
      hidden += seen(i) ? 0 : 1;
    }
    return (char) (0x100 + hidden);
  }

  private static boolean seen(int b) {
    return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
  }
}
