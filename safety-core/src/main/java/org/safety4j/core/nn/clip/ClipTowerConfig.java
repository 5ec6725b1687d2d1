package org.safety4j.core.nn.clip;

import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * What both towers have.
 *
 * @param width size of a token's state, at least 1 and divisible by {@code heads}
 * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
 * @param blocks number of blocks, at least 1
 * @param heads attention heads a block, at least 1
 * @param activation the perceptron's activation
 * @param epsilon added to the variance in layer normalisation, greater than 0
 */
public record ClipTowerConfig(
    int width, int mlpWidth, int blocks, int heads, Activation activation, double epsilon) {
  /**
   * Checks the sizes. * @throws IllegalArgumentException if one is out of range
   *
   * @param width size of a token's state, at least 1 and divisible by {@code heads}
   * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
   * @param blocks number of blocks, at least 1
   * @param heads attention heads a block, at least 1
   * @param activation the perceptron's activation
   * @param epsilon added to the variance in layer normalisation, greater than 0
   */
  public ClipTowerConfig {
    Require.atLeast("width", width, 1);
    Require.atLeast("mlpWidth", mlpWidth, 1);
    Require.atLeast("blocks", blocks, 1);
    Require.atLeast("heads", heads, 1);
    Require.positive("epsilon", epsilon);
    Require.that(
        width % heads == 0,
        "width must be divisible by heads, was " + width + " with " + heads + " heads");
  }

  /**
   * A small tower: quick GELU, a perceptron four times as wide as the tokens, epsilon 1e-5.
   *
   * @param width size of a token's state
   * @param blocks number of blocks
   * @param heads attention heads a block
   * @return the configuration
   */
  public static ClipTowerConfig small(int width, int blocks, int heads) {
    return new ClipTowerConfig(width, 4 * width, blocks, heads, Activation.QUICK_GELU, 1e-5);
  }
}
