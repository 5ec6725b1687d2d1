package org.safety4j.core.nn.vit;

import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * The shape of a vision transformer.
 *
 * @param imageSize side of the square image in pixels, at least {@code patchSize}
 * @param patchSize side of a square patch in pixels, at least 1
 * @param channels channels of an image, at least 1
 * @param width size of a token's state, at least 1 and divisible by {@code heads}
 * @param blocks number of blocks, at least 1
 * @param heads attention heads a block, at least 1
 * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
 * @param classes number of classes, at least 2
 * @param head what the logits are read from
 * @param activation the perceptron's activation
 * @param epsilon added to the variance in layer normalisation, greater than 0
 * @param biased whether queries, keys and values have a bias
 */
public record VitConfig(
    int imageSize,
    int patchSize,
    int channels,
    int width,
    int blocks,
    int heads,
    int mlpWidth,
    int classes,
    Head head,
    Activation activation,
    double epsilon,
    boolean biased) {

  /** What the logits are read from. */
  public enum Head {
    /** The class token (ViT). */
    CLASS_TOKEN(1, 1),
    /** The class token, beside a distillation token (DeiT without its teacher's head). */
    BESIDE_DISTILLATION_TOKEN(2, 1),
    /** The mean of the heads on the class token and on the distillation token (DeiT). */
    MEAN_WITH_TEACHER(2, 2);

    private final int tokens;
    private final int heads;

    Head(int tokens, int heads) {
      this.tokens = tokens;
      this.heads = heads;
    }

    int tokens() {
      return tokens;
    }

    int heads() {
      return heads;
    }
  }

  /**
   * Checks the sizes.
   *
   * @param imageSize side of the square image in pixels
   * @param patchSize side of a square patch in pixels
   * @param channels channels of an image
   * @param width size of a token's state
   * @param blocks number of blocks
   * @param heads attention heads a block
   * @param mlpWidth size of the hidden layer of a block's perceptron
   * @param classes number of classes
   * @param head what the logits are read from
   * @param activation the perceptron's activation
   * @param epsilon added to the variance in layer normalisation
   * @param biased whether queries, keys and values have a bias
   * @throws IllegalArgumentException if one is out of range
   */
  public VitConfig {
    Require.atLeast("patchSize", patchSize, 1);
    Require.atLeast("imageSize", imageSize, patchSize);
    Require.atLeast("channels", channels, 1);
    Require.atLeast("width", width, 1);
    Require.atLeast("blocks", blocks, 1);
    Require.atLeast("heads", heads, 1);
    Require.atLeast("mlpWidth", mlpWidth, 1);
    Require.atLeast("classes", classes, 2);
    Require.positive("epsilon", epsilon);
    Require.that(
        width % heads == 0,
        "width must be divisible by heads, was " + width + " with " + heads + " heads");
  }

  /**
   * A plain ViT: GELU, a perceptron twice as wide as the tokens, biases, epsilon 1e-6.
   *
   * @param imageSize side of the image in pixels
   * @param channels channels of an image
   * @param patchSize side of a patch in pixels
   * @param width size of a token's state
   * @param blocks number of blocks
   * @param heads attention heads a block
   * @param classes number of classes
   * @return the configuration
   */
  public static VitConfig small(
      int imageSize, int channels, int patchSize, int width, int blocks, int heads, int classes) {
    return new VitConfig(
        imageSize,
        patchSize,
        channels,
        width,
        blocks,
        heads,
        2 * width,
        classes,
        Head.CLASS_TOKEN,
        Activation.GELU,
        1e-6,
        true);
  }

  /**
   * Returns the number of tokens.
   *
   * @return patches, class token and distillation token if there is one
   */
  public long tokens() {
    long side = imageSize / patchSize;
    return side * side + head.tokens();
  }

  /**
   * Changes the size of the perceptron's hidden layer.
   *
   * @param value at least 1
   * @return a copy
   */
  public VitConfig withMlpWidth(int value) {
    return new VitConfig(
        imageSize,
        patchSize,
        channels,
        width,
        blocks,
        heads,
        value,
        classes,
        head,
        activation,
        epsilon,
        biased);
  }

  /**
   * Changes what the logits are read from.
   *
   * @param value the head
   * @return a copy
   */
  public VitConfig withHead(Head value) {
    return new VitConfig(
        imageSize,
        patchSize,
        channels,
        width,
        blocks,
        heads,
        mlpWidth,
        classes,
        value,
        activation,
        epsilon,
        biased);
  }
}
