package org.safety4j.core.nn.resnet;

import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * The shape of a residual network.
 *
 * @param height height of an image in pixels, at least 1
 * @param width width of an image in pixels, at least 1
 * @param channels channels of an image, at least 1
 * @param stem the layers before the first stage
 * @param widths channels of every stage, at least 1 each; divisible by 4 with bottlenecks
 * @param depths layers of every stage, at least 1 each, as many as widths
 * @param layer the kind of layer
 * @param halvesFirstStage whether the first stage halves height and width, as the others do
 * @param activation the activation of the stem and at the end of each layer; within a layer the
 *     reference has ReLU whatever its configuration says
 * @param classes number of classes, at least 2
 */
public record ResNetConfig(
    int height,
    int width,
    int channels,
    Stem stem,
    List<Integer> widths,
    List<Integer> depths,
    Layer layer,
    boolean halvesFirstStage,
    Activation activation,
    int classes) {

  /**
   * The first convolution.
   *
   * @param width its output channels, at least 1
   * @param kernel side of its kernel in pixels, odd
   * @param stride 1 or 2
   * @param pools whether a 3x3 maximum pooling of stride 2 follows
   */
  public record Stem(int width, int kernel, int stride, boolean pools) {
    /**
     * Checks the sizes.
     *
     * @param width output channels
     * @param kernel side of the kernel
     * @param stride 1 or 2
     * @param pools whether a pooling follows
     * @throws IllegalArgumentException if one is out of range
     */
    public Stem {
      Require.atLeast("stem width", width, 1);
      Require.that(kernel >= 1 && kernel % 2 == 1, "stem kernel must be odd, was " + kernel);
      Require.that(stride == 1 || stride == 2, "stem stride must be 1 or 2, was " + stride);
    }

    /**
     * The stem of the original, for images of some hundred pixels: 7x7, stride 2, pooling.
     *
     * @param width output channels
     * @return the stem
     */
    public static Stem large(int width) {
      return new Stem(width, 7, 2, true);
    }

    /**
     * A stem that keeps the size of small images: 3x3, stride 1, no pooling.
     *
     * @param width output channels
     * @return the stem
     */
    public static Stem small(int width) {
      return new Stem(width, 3, 1, false);
    }
  }

  /** Kinds of layers. */
  public enum Layer {
    /** Two 3x3 convolutions, the first with the stride. */
    BASIC,
    /** 1x1, 3x3 with the stride, 1x1; a quarter of the channels inside. */
    BOTTLENECK,
    /** 1x1 with the stride, 3x3, 1x1; a quarter of the channels inside. */
    BOTTLENECK_STRIDE_FIRST
  }

  /**
   * Checks the sizes and copies the lists.
   *
   * @param height height of an image in pixels
   * @param width width of an image in pixels
   * @param channels channels of an image
   * @param stem the layers before the first stage
   * @param widths channels of every stage
   * @param depths layers of every stage
   * @param layer the kind of layer
   * @param halvesFirstStage whether the first stage halves height and width
   * @param activation the activation of the stem and at the end of each layer; within a layer the
   *     reference has ReLU whatever its configuration says
   * @param classes number of classes
   * @throws IllegalArgumentException if one is out of range
   */
  public ResNetConfig {
    Require.atLeast("height", height, 1);
    Require.atLeast("width", width, 1);
    Require.atLeast("channels", channels, 1);
    Require.atLeast("classes", classes, 2);
    Require.notEmpty("widths", widths);
    Require.that(
        widths.size() == depths.size(),
        "widths and depths must be of one length, were " + widths + " and " + depths);
    widths.forEach(w -> Require.atLeast("widths", w, 1));
    depths.forEach(d -> Require.atLeast("depths", d, 1));
    Require.that(
        layer == Layer.BASIC || widths.stream().allMatch(w -> w % 4 == 0),
        "widths must be divisible by 4 with bottlenecks, were " + widths);
    widths = List.copyOf(widths);
    depths = List.copyOf(depths);
  }

  /**
   * A network for small images: a stem that keeps their size, one basic layer a stage, halving
   * between stages.
   *
   * @param size side of the square image in pixels
   * @param channels channels of an image
   * @param widths channels of every stage
   * @param classes number of classes
   * @return the configuration
   */
  public static ResNetConfig small(int size, int channels, List<Integer> widths, int classes) {
    Require.notEmpty("widths", widths);
    return new ResNetConfig(
        size,
        size,
        channels,
        Stem.small(widths.get(0)),
        widths,
        widths.stream().map(w -> 1).toList(),
        Layer.BASIC,
        false,
        Activation.RELU,
        classes);
  }

  /**
   * Changes the number of layers a stage.
   *
   * @param value as many as there are widths
   * @return a copy
   */
  public ResNetConfig withDepths(List<Integer> value) {
    return new ResNetConfig(
        height, width, channels, stem, widths, value, layer, halvesFirstStage, activation, classes);
  }

  int stride(int stage) {
    return stage > 0 || halvesFirstStage ? 2 : 1;
  }

  int before(int stage) {
    return stage == 0 ? stem.width() : widths.get(stage - 1);
  }

  /** Whether the first layer of a stage needs a projection beside it. */
  boolean projects(int stage) {
    return stride(stage) != 1 || before(stage) != widths.get(stage);
  }
}
