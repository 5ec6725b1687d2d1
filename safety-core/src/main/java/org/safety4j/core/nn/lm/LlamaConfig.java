package org.safety4j.core.nn.lm;

import java.util.Collections;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * The shape of a Llama-like model.
 *
 * @param vocabulary number of tokens, at least 1
 * @param width size of a state, at least 1
 * @param blocks number of blocks, in [1, {@link #MAX_BLOCKS}]
 * @param heads attention heads a block, a multiple of {@code keyHeads}
 * @param keyHeads heads of keys and values, at least 1
 * @param headWidth size of a head, even
 * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
 * @param context most positions, at least 1
 * @param epsilon added to the mean square in normalisation, greater than 0
 * @param activation the perceptron's activation
 * @param rope rotary positions
 * @param tied whether logits are read with the token embeddings
 * @param queryBias whether queries, keys and values have a bias
 * @param outputBias whether the attention's output has a bias
 * @param mlpBias whether the perceptron has biases
 * @param rotated which blocks use rotary positions; one a block
 * @param windows how many positions back each block sees, itself included; 0 for all; one a block
 */
public record LlamaConfig(
    int vocabulary,
    int width,
    int blocks,
    int heads,
    int keyHeads,
    int headWidth,
    int mlpWidth,
    int context,
    double epsilon,
    Activation activation,
    Rope rope,
    boolean tied,
    boolean queryBias,
    boolean outputBias,
    boolean mlpBias,
    List<Boolean> rotated,
    List<Integer> windows) {
  /** More blocks than any model has; a file that asks for more is damaged. */
  public static final int MAX_BLOCKS = 10_000;

  /**
   * Checks the sizes. * @throws IllegalArgumentException if one is out of range
   *
   * @param vocabulary number of tokens, at least 1
   * @param width size of a state, at least 1
   * @param blocks number of blocks, in [1, {@link #MAX_BLOCKS}]
   * @param heads attention heads a block, a multiple of {@code keyHeads}
   * @param keyHeads heads of keys and values, at least 1
   * @param headWidth size of a head, even
   * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
   * @param context most positions, at least 1
   * @param epsilon added to the mean square in normalisation, greater than 0
   * @param activation the perceptron's activation
   * @param rope rotary positions
   * @param tied whether logits are read with the token embeddings
   * @param queryBias whether queries, keys and values have a bias
   * @param outputBias whether the attention's output has a bias
   * @param mlpBias whether the perceptron has biases
   * @param rotated which blocks use rotary positions; one a block
   * @param windows how many positions back each block sees, itself included; 0 for all; one a block
   */
  public LlamaConfig {
    Require.atLeast("vocabulary", vocabulary, 1);
    Require.atLeast("width", width, 1);
    Require.inRange("blocks", blocks, 1, MAX_BLOCKS);
    Require.atLeast("keyHeads", keyHeads, 1);
    Require.that(
        heads >= keyHeads && heads % keyHeads == 0,
        "heads must be a multiple of keyHeads " + keyHeads + ", was " + heads);
    Require.that(
        headWidth >= 2 && headWidth % 2 == 0,
        "headWidth must be even and at least 2, was " + headWidth);
    Require.that(
        (long) heads * headWidth <= Integer.MAX_VALUE,
        heads + " heads of width " + headWidth + " are more than a state can hold");
    Require.atLeast("mlpWidth", mlpWidth, 1);
    Require.atLeast("context", context, 1);
    Require.positive("epsilon", epsilon);
    rotated = List.copyOf(rotated);
    windows = List.copyOf(windows);
    Require.that(
        rotated.size() == blocks && windows.size() == blocks,
        "rotated and windows must have one entry for each of " + blocks + " blocks");
    Require.that(
        windows.stream().allMatch(w -> w >= 0)
            && windows.stream().filter(w -> w > 0).distinct().count() <= 1,
        "windows must be 0 or one common size, were " + windows);
    Require.that(
        rope.divisors().isEmpty() || rope.divisors().size() == headWidth / 2,
        "rope must have " + headWidth / 2 + " divisors, has " + rope.divisors().size());
  }

  /**
   * A small model: as many key heads as heads, SiLU, rotary positions with base 10,000, tied
   * embeddings, no biases, epsilon 1e-6.
   *
   * @param vocabulary number of tokens
   * @param width size of a state, a multiple of twice the heads
   * @param blocks number of blocks
   * @param heads attention heads
   * @param context most positions
   * @return the configuration
   */
  public static LlamaConfig small(int vocabulary, int width, int blocks, int heads, int context) {
    Require.atLeast("heads", heads, 1);
    Require.that(
        width % heads == 0, "width must be divisible by heads " + heads + ", was " + width);
    return new LlamaConfig(
        vocabulary,
        width,
        blocks,
        heads,
        heads,
        width / heads,
        4 * width,
        context,
        1e-6,
        Activation.SILU,
        Rope.plain(10_000),
        true,
        false,
        false,
        false,
        Collections.nCopies(blocks, true),
        Collections.nCopies(blocks, 0));
  }

  /**
   * Changes the number of tokens.
   *
   * @param value at least 1
   * @return a copy
   */
  public LlamaConfig withVocabulary(int value) {
    return new LlamaConfig(
        value,
        width,
        blocks,
        heads,
        keyHeads,
        headWidth,
        mlpWidth,
        context,
        epsilon,
        activation,
        rope,
        tied,
        queryBias,
        outputBias,
        mlpBias,
        rotated,
        windows);
  }

  DecoderShape shape() {
    return new DecoderShape(vocabulary, width, blocks, heads, keyHeads, headWidth, context);
  }
}
