package org.safety4j.core.nn.clip;

import org.safety4j.core.error.Require;

/**
 * The shape of a text tower.
 *
 * @param tower what both towers have
 * @param vocabulary number of tokens, at least 1
 * @param positions longest text in tokens, at least 1
 * @param begin id of the token that begins a text, where its tokenizer does not say
 * @param end id of the token that ends a text; 2 means that it is the largest id of a text instead,
 *     as early checkpoints have it
 * @param padding id of the token that fills shorter texts
 */
public record ClipTextConfig(
    ClipTowerConfig tower, int vocabulary, int positions, int begin, int end, int padding) {
  /**
   * Checks the sizes. * @throws IllegalArgumentException if one is out of range
   *
   * @param tower what both towers have
   * @param vocabulary number of tokens, at least 1
   * @param positions longest text in tokens, at least 1
   * @param begin id of the token that begins a text, where its tokenizer does not say
   * @param end id of the token that ends a text; 2 means that it is the largest id of a text
   *     instead, as early checkpoints have it
   * @param padding id of the token that fills shorter texts
   */
  public ClipTextConfig {
    Require.atLeast("vocabulary", vocabulary, 1);
    Require.atLeast("positions", positions, 1);
    Require.atLeast("begin", begin, 0);
    Require.atLeast("end", end, 0);
    Require.atLeast("padding", padding, 0);
  }
}
