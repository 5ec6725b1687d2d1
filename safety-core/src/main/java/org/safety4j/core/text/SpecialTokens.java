package org.safety4j.core.text;

import java.util.OptionalInt;

/**
 * The special tokens of a model by the role they play.
 *
 * @param begin starts a text ({@code bos})
 * @param end ends a text or an answer ({@code eos})
 * @param padding fills shorter rows of a batch ({@code pad})
 * @param unknown stands for what the vocabulary does not have ({@code unk})
 */
public record SpecialTokens(
    OptionalInt begin, OptionalInt end, OptionalInt padding, OptionalInt unknown) {
  /**
   * Knows no special token.
   *
   * @return empty roles
   */
  public static SpecialTokens none() {
    return new SpecialTokens(
        OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
  }
}
