package org.safety4j.core.nn.lm;

import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * The shape of a GPT-2.
 *
 * @param vocabulary number of tokens, at least 1
 * @param width size of a state, a multiple of {@code heads}
 * @param blocks number of blocks, in [1, {@link LlamaConfig#MAX_BLOCKS}]
 * @param heads attention heads a block, at least 1
 * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
 * @param context most positions, at least 1
 * @param epsilon added to the variance in layer normalisation, greater than 0
 * @param activation the perceptron's activation
 * @param tied whether logits are read by the token embeddings
 */
public record Gpt2Config(
    int vocabulary,
    int width,
    int blocks,
    int heads,
    int mlpWidth,
    int context,
    double epsilon,
    Activation activation,
    boolean tied) {
  /**
   * Checks the sizes. * @throws IllegalArgumentException if one is out of range
   *
   * @param vocabulary number of tokens, at least 1
   * @param width size of a state, a multiple of {@code heads}
   * @param blocks number of blocks, in [1, {@link LlamaConfig#MAX_BLOCKS}]
   * @param heads attention heads a block, at least 1
   * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
   * @param context most positions, at least 1
   * @param epsilon added to the variance in layer normalisation, greater than 0
   * @param activation the perceptron's activation
   * @param tied whether logits are read by the token embeddings
   */
  public Gpt2Config {
    Require.atLeast("vocabulary", vocabulary, 1);
    Require.inRange("blocks", blocks, 1, LlamaConfig.MAX_BLOCKS);
    Require.atLeast("heads", heads, 1);
    Require.that(
        width >= 1 && width % heads == 0,
        "width must be divisible by heads " + heads + ", was " + width);
    Require.atLeast("mlpWidth", mlpWidth, 1);
    Require.atLeast("context", context, 1);
    Require.positive("epsilon", epsilon);
  }

  DecoderShape shape() {
    return new DecoderShape(vocabulary, width, blocks, heads, heads, width / heads, context);
  }
}
