package org.safety4j.core.nn.diffusion;

import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;

/**
 * The shape of a latent codec.
 *
 * @param height rows of the images that it was trained on, a multiple of {@link #factor()}
 * @param width columns of the images that it was trained on, a multiple of {@link #factor()}
 * @param inChannels channels of the images, at least 1
 * @param latentChannels channels of the latents, at least 1
 * @param channels channels a level, from the finest to the coarsest, multiples of {@code groups}
 * @param layers residual layers a level, at least 1; one more in the decoder
 * @param groups groups of the group normalisation, at least 1
 * @param activation activation of the convolutions
 * @param middleAttention whether the middle attends over pixels
 * @param quant whether a convolution follows the encoder
 * @param postQuant whether a convolution precedes the decoder
 * @param scale what latents are multiplied by for a denoiser, not 0
 * @param shift what is subtracted from latents before that
 */
public record AutoencoderConfig(
    int height,
    int width,
    int inChannels,
    int latentChannels,
    List<Integer> channels,
    int layers,
    int groups,
    Activation activation,
    boolean middleAttention,
    boolean quant,
    boolean postQuant,
    double scale,
    double shift) {
  /**
   * Checks the sizes. * @throws IllegalArgumentException if one is out of range
   *
   * @param height rows of the images that it was trained on, a multiple of {@link #factor()}
   * @param width columns of the images that it was trained on, a multiple of {@link #factor()}
   * @param inChannels channels of the images, at least 1
   * @param latentChannels channels of the latents, at least 1
   * @param channels channels a level, from the finest to the coarsest, multiples of {@code groups}
   * @param layers residual layers a level, at least 1; one more in the decoder
   * @param groups groups of the group normalisation, at least 1
   * @param activation activation of the convolutions
   * @param middleAttention whether the middle attends over pixels
   * @param quant whether a convolution follows the encoder
   * @param postQuant whether a convolution precedes the decoder
   * @param scale what latents are multiplied by for a denoiser, not 0
   * @param shift what is subtracted from latents before that
   */
  public AutoencoderConfig {
    Require.notEmpty("channels", channels);
    channels = List.copyOf(channels);
    Require.atLeast("inChannels", inChannels, 1);
    Require.atLeast("latentChannels", latentChannels, 1);
    Require.atLeast("layers", layers, 1);
    Require.atLeast("groups", groups, 1);
    Require.that(channels.size() <= 16, "channels must have at most 16 levels");
    for (int c : channels) {
      Require.that(
          c >= 1 && c % groups == 0,
          "channels must be multiples of groups (" + groups + "), were " + channels);
    }
    int factor = 1 << (channels.size() - 1);
    Require.that(
        height >= factor && height % factor == 0 && width >= factor && width % factor == 0,
        "height and width must be multiples of " + factor + ", were " + height + " and " + width);
    Require.that(
        Double.isFinite(scale) && scale != 0, "scale must be finite and not 0, was " + scale);
    Require.that(Double.isFinite(shift), "shift must be finite, was " + shift);
  }

  /**
   * A small codec.
   *
   * @param size side of the square images
   * @param inChannels their channels
   * @param latentChannels channels of the latents
   * @param channels channels a level, multiples of 4
   * @return the configuration, with one layer a level and latents as they are
   */
  public static AutoencoderConfig small(
      int size, int inChannels, int latentChannels, List<Integer> channels) {
    return new AutoencoderConfig(
        size,
        size,
        inChannels,
        latentChannels,
        channels,
        1,
        4,
        Activation.SILU,
        true,
        true,
        true,
        1,
        0);
  }

  /**
   * Changes what latents are multiplied by for a denoiser.
   *
   * @param value not 0; usually one over the latents' standard deviation
   * @return a copy
   */
  public AutoencoderConfig withScale(double value) {
    return new AutoencoderConfig(
        height,
        width,
        inChannels,
        latentChannels,
        channels,
        layers,
        groups,
        activation,
        middleAttention,
        quant,
        postQuant,
        value,
        shift);
  }

  /**
   * Returns how many pixels a latent stands for along each axis.
   *
   * @return a power of 2
   */
  public int factor() {
    return 1 << (channels.size() - 1);
  }
}
