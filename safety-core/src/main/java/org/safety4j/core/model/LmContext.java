package org.safety4j.core.model;

import java.util.Arrays;
import java.util.Objects;
import org.safety4j.core.error.Require;

/**
 * How a language model reads a batch of rows.
 *
 * @param prefix a text that stands before every row, or null
 * @param leftPadding how many positions at the start of each row are padding, or null for none;
 *     padding is neither seen nor counted as a position
 * @param last for how many of the last positions logits are wanted; 0 for all
 */
public record LmContext(KvPrefix prefix, int[] leftPadding, int last) {
  private static final LmContext WHOLE = new LmContext(null, null, 0);

  /**
   * Checks and copies. * @throws IllegalArgumentException if a number is negative
   *
   * @param prefix a text that stands before every row, or null
   * @param leftPadding how many positions at the start of each row are padding, or null for none;
   *     padding is neither seen nor counted as a position
   * @param last for how many of the last positions logits are wanted; 0 for all
   */
  public LmContext {
    Require.atLeast("last", last, 0);
    if (leftPadding != null) {
      leftPadding = leftPadding.clone();
      Require.that(
          Arrays.stream(leftPadding).allMatch(n -> n >= 0),
          "leftPadding must not be negative, was " + Arrays.toString(leftPadding));
    }
  }

  /**
   * Reads whole rows with nothing before them.
   *
   * @return the context
   */
  public static LmContext whole() {
    return WHOLE;
  }

  /**
   * Puts a text before every row.
   *
   * @param value what the same model remembered, or null
   * @return a copy
   */
  public LmContext withPrefix(KvPrefix value) {
    return new LmContext(value, leftPadding, last);
  }

  /**
   * Says how many positions at the start of each row are padding.
   *
   * @param value one number a row
   * @return a copy
   */
  public LmContext withLeftPadding(int... value) {
    return new LmContext(prefix, value, last);
  }

  /**
   * Asks for the logits of the last positions only.
   *
   * @param value how many; 0 for all
   * @return a copy
   */
  public LmContext withLast(int value) {
    return new LmContext(prefix, leftPadding, value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LmContext c
        && prefix == c.prefix
        && last == c.last
        && Arrays.equals(leftPadding, c.leftPadding);
  }

  @Override
  public int hashCode() {
    return Objects.hash(System.identityHashCode(prefix), Arrays.hashCode(leftPadding), last);
  }

  @Override
  public String toString() {
    return "LmContext[prefix="
        + (prefix == null ? "none" : prefix.length() + " tokens")
        + ", leftPadding="
        + Arrays.toString(leftPadding)
        + ", last="
        + last
        + "]";
  }
}
