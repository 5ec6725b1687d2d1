package org.safety4j.core.nn.diffusion;

import java.util.Collections;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * The shape of a denoiser. Lists have one entry a level, from the finest to the coarsest; {@code
 * up} runs the other way.
 *
 * @param height rows of the latents that it was trained on, at least 1
 * @param width columns of the latents that it was trained on, at least 1
 * @param inChannels channels of the latents, at least 1
 * @param outChannels channels of the answer, at least 1
 * @param channels channels a level, each a multiple of {@code groups}; the first even
 * @param layers residual layers a level on the way down, each at least 1; one more on the way up
 * @param down what the layers attend to on the way down
 * @param middle what the middle attends to, or {@link Attention#ABSENT} for no middle
 * @param up what the layers attend to on the way up, coarsest level first
 * @param heads attention heads a level, each a divisor of that level's channels
 * @param depth transformer layers a transformer, a level
 * @param textWidth size of a text token's embedding; 0 where nothing attends to text
 * @param linearProjection whether transformers are entered and left by a linear layer instead of a
 *     convolution
 * @param groups groups of the group normalisation, at least 1
 * @param epsilon added to the variance in group normalisation, greater than 0
 * @param activation activation of convolutions and the time embedding
 * @param scaleShift whether the time embedding scales and shifts instead of being added
 * @param middleScale what the middle's sums are divided by, greater than 0
 * @param downPadding padding of the convolutions that halve the map, 0 or 1
 * @param cosineFirst whether cosines come before sines in the time embedding
 * @param frequencyShift shift of the time embedding's lowest frequency; 0 or 1
 * @param centre whether inputs in [0, 1] are moved to [-1, 1]
 * @param inKernel side of the first convolution, odd
 * @param outKernel side of the last convolution, odd
 */
public record UNetConfig(
    int height,
    int width,
    int inChannels,
    int outChannels,
    List<Integer> channels,
    List<Integer> layers,
    List<Attention> down,
    Attention middle,
    List<Attention> up,
    List<Integer> heads,
    List<Integer> depth,
    int textWidth,
    boolean linearProjection,
    int groups,
    double epsilon,
    Activation activation,
    boolean scaleShift,
    double middleScale,
    int downPadding,
    boolean cosineFirst,
    double frequencyShift,
    boolean centre,
    int inKernel,
    int outKernel) {

  /** What follows a residual layer. */
  public enum Attention {
    /** Not even a residual layer; only for the middle. */
    ABSENT(-1),
    /** Nothing. */
    NONE(0),
    /** Attention over the pixels of the map. */
    PIXELS(1),
    /** A transformer over pixels that attends to text. */
    TEXT(2);

    private final int code;

    Attention(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  /**
   * Checks the sizes. * @throws IllegalArgumentException if one is out of range, or lists differ in
   * length
   *
   * @param height rows of the latents that it was trained on, at least 1
   * @param width columns of the latents that it was trained on, at least 1
   * @param inChannels channels of the latents, at least 1
   * @param outChannels channels of the answer, at least 1
   * @param channels channels a level, each a multiple of {@code groups}; the first even
   * @param layers residual layers a level on the way down, each at least 1; one more on the way up
   * @param down what the layers attend to on the way down
   * @param middle what the middle attends to, or {@link Attention#ABSENT} for no middle
   * @param up what the layers attend to on the way up, coarsest level first
   * @param heads attention heads a level, each a divisor of that level's channels
   * @param depth transformer layers a transformer, a level
   * @param textWidth size of a text token's embedding; 0 where nothing attends to text
   * @param linearProjection whether transformers are entered and left by a linear layer instead of
   *     a convolution
   * @param groups groups of the group normalisation, at least 1
   * @param epsilon added to the variance in group normalisation, greater than 0
   * @param activation activation of convolutions and the time embedding
   * @param scaleShift whether the time embedding scales and shifts instead of being added
   * @param middleScale what the middle's sums are divided by, greater than 0
   * @param downPadding padding of the convolutions that halve the map, 0 or 1
   * @param cosineFirst whether cosines come before sines in the time embedding
   * @param frequencyShift shift of the time embedding's lowest frequency; 0 or 1
   * @param centre whether inputs in [0, 1] are moved to [-1, 1]
   * @param inKernel side of the first convolution, odd
   * @param outKernel side of the last convolution, odd
   */
  public UNetConfig {
    Require.atLeast("height", height, 1);
    Require.atLeast("width", width, 1);
    Require.atLeast("inChannels", inChannels, 1);
    Require.atLeast("outChannels", outChannels, 1);
    Require.atLeast("groups", groups, 1);
    Require.positive("epsilon", epsilon);
    Require.positive("middleScale", middleScale);
    Require.inRange("downPadding", downPadding, 0, 1);
    Require.that(inKernel % 2 == 1, "inKernel must be odd, was " + inKernel);
    Require.that(outKernel % 2 == 1, "outKernel must be odd, was " + outKernel);
    Require.notEmpty("channels", channels);
    channels = List.copyOf(channels);
    layers = perLevel("layers", layers, channels);
    heads = perLevel("heads", heads, channels);
    depth = perLevel("depth", depth, channels);
    down = perLevel("down", down, channels);
    up = perLevel("up", up, channels);
    Require.that(
        !down.contains(Attention.ABSENT) && !up.contains(Attention.ABSENT),
        "only the middle may be ABSENT");
    Require.that(channels.get(0) % 2 == 0, "the first of channels must be even, was " + channels);
    for (int i = 0; i < channels.size(); i++) {
      Require.atLeast("layers", layers.get(i), 1);
      Require.atLeast("heads", heads.get(i), 1);
      Require.atLeast("depth", depth.get(i), 1);
      Require.that(
          channels.get(i) >= 1 && channels.get(i) % groups == 0,
          "channels must be multiples of groups (" + groups + "), were " + channels);
      Require.that(
          channels.get(i) % heads.get(i) == 0,
          "channels must be multiples of heads, were " + channels + " and " + heads);
    }
    boolean text =
        middle == Attention.TEXT || down.contains(Attention.TEXT) || up.contains(Attention.TEXT);
    Require.that(
        text ? textWidth >= 1 : textWidth == 0,
        "textWidth must be at least 1 where something attends to text and 0 otherwise, was "
            + textWidth);
  }

  private static <T> List<T> perLevel(String field, List<T> values, List<Integer> channels) {
    Require.that(
        values.size() == channels.size(),
        field + " must have one entry a level, has " + values.size() + " for " + channels.size());
    return List.copyOf(values);
  }

  /**
   * A small denoiser without text, with attention over pixels at the coarsest level and in the
   * middle.
   *
   * @param size side of the square latents or images
   * @param inChannels their channels
   * @param channels channels a level, multiples of 8
   * @param layers residual layers a level
   * @return the configuration
   */
  public static UNetConfig unconditional(
      int size, int inChannels, List<Integer> channels, int layers) {
    return plain(size, inChannels, channels, layers, Attention.PIXELS, 0);
  }

  /**
   * A small denoiser that attends to text at the coarsest level and in the middle.
   *
   * @param size side of the square latents or images
   * @param inChannels their channels
   * @param channels channels a level, multiples of 8
   * @param layers residual layers a level
   * @param textWidth size of a text token's embedding
   * @return the configuration
   */
  public static UNetConfig conditional(
      int size, int inChannels, List<Integer> channels, int layers, int textWidth) {
    return plain(size, inChannels, channels, layers, Attention.TEXT, textWidth);
  }

  private static UNetConfig plain(
      int size, int in, List<Integer> channels, int layers, Attention kind, int textWidth) {
    int n = channels.size();
    List<Attention> down = new java.util.ArrayList<>(Collections.nCopies(n, Attention.NONE));
    down.set(n - 1, kind);
    List<Attention> up = new java.util.ArrayList<>(Collections.nCopies(n, Attention.NONE));
    up.set(0, kind);
    return new UNetConfig(
        size,
        size,
        in,
        in,
        channels,
        Collections.nCopies(n, layers),
        down,
        kind,
        up,
        channels.stream().map(c -> Math.max(1, c / 32)).toList(),
        Collections.nCopies(n, 1),
        textWidth,
        false,
        8,
        1e-5,
        Activation.SILU,
        false,
        1,
        1,
        true,
        0,
        false,
        3,
        3);
  }

  /**
   * Tells whether the denoiser attends to text.
   *
   * @return true if it takes text embeddings
   */
  public boolean takesText() {
    return textWidth > 0;
  }

  /**
   * Returns the number of levels.
   *
   * @return at least 1
   */
  public int levels() {
    return channels.size();
  }
}
