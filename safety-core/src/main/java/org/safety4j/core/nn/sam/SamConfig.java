package org.safety4j.core.nn.sam;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * The shape of a segmenter.
 *
 * @param vision the image encoder
 * @param prompt the prompt encoder
 * @param decoder the mask decoder
 */
public record SamConfig(Vision vision, Prompt prompt, Decoder decoder) {
  /**
   * The shape of the image encoder.
   *
   * @param imageSize side of the square image in pixels, a multiple of {@code patchSize}
   * @param patchSize side of a square patch in pixels, at least 1
   * @param channels channels of an image, at least 1
   * @param width size of a patch's state, at least 1 and divisible by {@code heads}
   * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
   * @param blocks number of blocks, at least 1
   * @param heads attention heads a block, at least 1
   * @param outWidth size of a patch's embedding, divisible by 8
   * @param window side of the windows that blocks attend in, at least 1
   * @param global numbers of the blocks that attend to the whole image
   * @param activation the perceptron's activation
   * @param epsilon added to the variance in layer normalisation, greater than 0
   * @param biased whether queries, keys and values have a bias
   * @param absolute whether positions are added to patches
   * @param relative whether relative positions are added to the logits of the attention
   */
  public record Vision(
      int imageSize,
      int patchSize,
      int channels,
      int width,
      int mlpWidth,
      int blocks,
      int heads,
      int outWidth,
      int window,
      Set<Integer> global,
      Activation activation,
      double epsilon,
      boolean biased,
      boolean absolute,
      boolean relative) {
    /**
     * Checks the sizes. * @throws IllegalArgumentException if one is out of range
     *
     * @param imageSize side of the square image in pixels, a multiple of {@code patchSize}
     * @param patchSize side of a square patch in pixels, at least 1
     * @param channels channels of an image, at least 1
     * @param width size of a patch's state, at least 1 and divisible by {@code heads}
     * @param mlpWidth size of the hidden layer of a block's perceptron, at least 1
     * @param blocks number of blocks, at least 1
     * @param heads attention heads a block, at least 1
     * @param outWidth size of a patch's embedding, divisible by 8
     * @param window side of the windows that blocks attend in, at least 1
     * @param global numbers of the blocks that attend to the whole image
     * @param activation the perceptron's activation
     * @param epsilon added to the variance in layer normalisation, greater than 0
     * @param biased whether queries, keys and values have a bias
     * @param absolute whether positions are added to patches
     * @param relative whether relative positions are added to the logits of the attention
     */
    public Vision {
      Require.atLeast("patchSize", patchSize, 1);
      Require.atLeast("channels", channels, 1);
      Require.atLeast("width", width, 1);
      Require.atLeast("mlpWidth", mlpWidth, 1);
      Require.atLeast("blocks", blocks, 1);
      Require.atLeast("heads", heads, 1);
      Require.atLeast("window", window, 1);
      Require.positive("epsilon", epsilon);
      Require.that(
          imageSize >= patchSize && imageSize % patchSize == 0,
          "imageSize must be a multiple of patchSize (" + patchSize + "), was " + imageSize);
      Require.that(
          width % heads == 0,
          "width must be divisible by heads, was " + width + " with " + heads + " heads");
      Require.that(
          outWidth >= 8 && outWidth % 8 == 0, "outWidth must be divisible by 8, was " + outWidth);
      global = Set.copyOf(global);
      for (int block : global) {
        Require.that(
            block >= 0 && block < blocks,
            "global must name blocks in [0, " + blocks + "), named " + new TreeSet<>(global));
      }
    }

    /**
     * Returns the side of the map of patches.
     *
     * @return at least 1
     */
    public int side() {
      return imageSize / patchSize;
    }

    /** The window of each block, 0 for the whole image. */
    List<Integer> windows() {
      return java.util.stream.IntStream.range(0, blocks)
          .mapToObj(i -> global.contains(i) ? 0 : window)
          .toList();
    }
  }

  /**
   * The shape of the prompt encoder.
   *
   * @param maskChannels channels that a mask is embedded by, divisible by 4
   * @param activation activation between its convolutions
   * @param epsilon added to the variance in layer normalisation, greater than 0
   */
  public record Prompt(int maskChannels, Activation activation, double epsilon) {
    /**
     * Checks the sizes. * @throws IllegalArgumentException if one is out of range
     *
     * @param maskChannels channels that a mask is embedded by, divisible by 4
     * @param activation activation between its convolutions
     * @param epsilon added to the variance in layer normalisation, greater than 0
     */
    public Prompt {
      Require.that(
          maskChannels >= 4 && maskChannels % 4 == 0,
          "maskChannels must be divisible by 4, was " + maskChannels);
      Require.positive("epsilon", epsilon);
    }
  }

  /**
   * The shape of the mask decoder.
   *
   * @param layers number of two-way layers, at least 1
   * @param heads attention heads a layer; they divide half of the embedding's size
   * @param mlpWidth size of the hidden layer of a layer's perceptron, at least 1
   * @param masks readings of a prompt, at least 1
   * @param overlapDepth layers of the head that predicts overlap, at least 2
   * @param overlapWidth size of its hidden layers, at least 1
   * @param narrowing by what the last attention narrows its heads, at least 1
   * @param activation the perceptron's activation
   * @param epsilon added to the variance in layer normalisation, greater than 0
   */
  public record Decoder(
      int layers,
      int heads,
      int mlpWidth,
      int masks,
      int overlapDepth,
      int overlapWidth,
      int narrowing,
      Activation activation,
      double epsilon) {
    /**
     * Checks the sizes. * @throws IllegalArgumentException if one is out of range
     *
     * @param layers number of two-way layers, at least 1
     * @param heads attention heads a layer; they divide half of the embedding's size
     * @param mlpWidth size of the hidden layer of a layer's perceptron, at least 1
     * @param masks readings of a prompt, at least 1
     * @param overlapDepth layers of the head that predicts overlap, at least 2
     * @param overlapWidth size of its hidden layers, at least 1
     * @param narrowing by what the last attention narrows its heads, at least 1
     * @param activation the perceptron's activation
     * @param epsilon added to the variance in layer normalisation, greater than 0
     */
    public Decoder {
      Require.atLeast("layers", layers, 1);
      Require.atLeast("heads", heads, 1);
      Require.atLeast("mlpWidth", mlpWidth, 1);
      Require.atLeast("masks", masks, 1);
      Require.atLeast("overlapDepth", overlapDepth, 2);
      Require.atLeast("overlapWidth", overlapWidth, 1);
      Require.atLeast("narrowing", narrowing, 1);
      Require.positive("epsilon", epsilon);
    }
  }

  /**
   * Checks that the parts fit. * @throws IllegalArgumentException if the decoder's heads do not
   * divide its states
   *
   * @param vision the image encoder
   * @param prompt the prompt encoder
   * @param decoder the mask decoder
   */
  public SamConfig {
    int width = vision.outWidth();
    Require.that(
        width / 2 % decoder.heads() == 0
            && width % decoder.narrowing() == 0
            && width / decoder.narrowing() % decoder.heads() == 0,
        "the decoder's heads ("
            + decoder.heads()
            + ") must divide half of outWidth ("
            + width
            + ")");
  }

  /**
   * A small segmenter.
   *
   * @param imageSize side of the square image in pixels
   * @param channels channels of an image
   * @param patchSize side of a square patch in pixels
   * @param width size of a patch's state
   * @param blocks number of blocks; the last one attends to the whole image
   * @param heads attention heads a block and a decoder layer
   * @return the configuration, with embeddings as wide as the states and windows of 4
   */
  public static SamConfig small(
      int imageSize, int channels, int patchSize, int width, int blocks, int heads) {
    return new SamConfig(
        new Vision(
            imageSize,
            patchSize,
            channels,
            width,
            2 * width,
            blocks,
            heads,
            width,
            4,
            Set.of(blocks - 1),
            Activation.GELU,
            1e-6,
            true,
            true,
            true),
        new Prompt(16, Activation.GELU, 1e-6),
        new Decoder(2, heads, 2 * width, 3, 3, width, 2, Activation.RELU, 1e-6));
  }
}
