package org.safety4j.core.nn.bert;

import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * The shape of a BERT.
 *
 * @param vocabulary number of tokens, at least 1
 * @param width size of a state, a multiple of {@code heads}
 * @param blocks number of blocks, at least 1
 * @param heads attention heads a block, at least 1
 * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
 * @param context most positions, at least 1
 * @param types kinds of tokens, at least 1
 * @param epsilon added to the variance in layer normalisation, greater than 0
 * @param activation the perceptron's activation
 */
public record BertConfig(
    int vocabulary,
    int width,
    int blocks,
    int heads,
    int mlpWidth,
    int context,
    int types,
    double epsilon,
    Activation activation) {
  /**
   * Checks the sizes. * @throws IllegalArgumentException if one is out of range
   *
   * @param vocabulary number of tokens, at least 1
   * @param width size of a state, a multiple of {@code heads}
   * @param blocks number of blocks, at least 1
   * @param heads attention heads a block, at least 1
   * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
   * @param context most positions, at least 1
   * @param types kinds of tokens, at least 1
   * @param epsilon added to the variance in layer normalisation, greater than 0
   * @param activation the perceptron's activation
   */
  public BertConfig {
    Require.atLeast("vocabulary", vocabulary, 1);
    Require.atLeast("blocks", blocks, 1);
    Require.atLeast("heads", heads, 1);
    Require.that(
        width >= 1 && width % heads == 0,
        "width must be divisible by heads " + heads + ", was " + width);
    Require.atLeast("mlpWidth", mlpWidth, 1);
    Require.atLeast("context", context, 1);
    Require.atLeast("types", types, 1);
    Require.positive("epsilon", epsilon);
  }

  /**
   * A small model: GELU, a perceptron four times as wide as a state, two types, epsilon 1e-12.
   *
   * @param vocabulary number of tokens
   * @param width size of a state
   * @param blocks number of blocks
   * @param heads attention heads a block
   * @param context most positions
   * @return the configuration
   */
  public static BertConfig small(int vocabulary, int width, int blocks, int heads, int context) {
    return new BertConfig(
        vocabulary, width, blocks, heads, 4 * width, context, 2, 1e-12, Activation.GELU);
  }
}
