package org.safety4j.core.nn.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.Dense;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.ParameterCopies;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * A variational autoencoder between images and the latents that a denoiser works on. Encoder and
 * decoder are one program call each, part of the graph if one is recorded. Images are in [0, 1]
 * outside and in [-1, 1] inside.
 *
 * <p><b>Source</b>: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models",
 * CVPR 2022; Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014. <b>Deviations</b>:
 * none.
 *
 * <p>Any number of threads may ask at once, while none overwrites parameters.
 */
public final class AutoencoderKl implements Artifact, HasParameters {
  private final AutoencoderConfig config;
  private final NDManager manager;
  private final Parameters parameters;
  private final TorchProgram program;

  private AutoencoderKl(
      AutoencoderConfig config, NDManager manager, Parameters parameters, TorchProgram program) {
    this.config = config;
    this.manager = manager;
    this.parameters = parameters;
    this.program = program;
  }

  /**
   * A normal distribution of latents, before scaling. Part of the graph if one is recorded.
   *
   * @param mean {@code [N, C, H, W]}
   * @param logVariance same shape, in [-30, 20]
   */
  public record Posterior(NDArray mean, NDArray logVariance) {}

  /**
   * Makes an untrained codec.
   *
   * @param config its shape
   * @param rng what its parameters are drawn from
   * @return the codec, to be closed by the caller
   */
  public static AutoencoderKl initial(AutoencoderConfig config, Rng rng) {
    return of(config, InitialParameters.of(rng));
  }

  /**
   * Builds a codec from parameters under the names that diffusers gives them.
   *
   * @param config its shape
   * @param source the parameters
   * @return the codec, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static AutoencoderKl of(AutoencoderConfig config, ParameterSource source) {
    NDManager manager = Tensors.newManager();
    TorchProgram program = null;
    try {
      Parameters parameters = new Parameters(manager, source);
      take(config, new BlockParameters(parameters));
      program =
          TorchProgram.compile(
              "autoencoder",
              Dense.text()
                  + TorchProgram.text(AutoencoderKl.class, "blocks.torch.py")
                  + TorchProgram.text(AutoencoderKl.class, "autoencoder.torch.py"),
              constants(config));
      program.all("bind", parameters.trainable());
      return new AutoencoderKl(config, manager, parameters, program);
    } catch (RuntimeException e) {
      if (program != null) {
        program.close();
      }
      manager.close();
      throw e;
    }
  }

  private static Map<String, Object> constants(AutoencoderConfig c) {
    Map<String, Object> constants = new LinkedHashMap<>();
    constants.put("ACTIVATION", c.activation().expression());
    constants.put("OUTER_ACTIVATION", Activation.SILU.expression());
    constants.put("GROUPS", c.groups());
    constants.put("SCALE_SHIFT", false);
    constants.put("BLOCKS", c.channels().size());
    constants.put("LAYERS", c.layers());
    constants.put("MIDDLE_ATTENTION", c.middleAttention());
    constants.put("QUANT", c.quant());
    constants.put("POST_QUANT", c.postQuant());
    constants.put("SCALE", c.scale());
    constants.put("SHIFT", c.shift());
    return constants;
  }

  private static void take(AutoencoderConfig c, BlockParameters blocks) {
    int last = c.channels().size() - 1;
    int width = c.channels().get(0);
    blocks.conv("encoder.conv_in", c.inChannels(), width, 3);
    for (int i = 0; i <= last; i++) {
      String block = "encoder.down_blocks." + i;
      int out = c.channels().get(i);
      for (int j = 0; j < c.layers(); j++) {
        blocks.resnet(block + ".resnets." + j, width, out, 0, false);
        width = out;
      }
      if (i < last) {
        blocks.conv(block + ".downsamplers.0.conv", width, width, 3);
      }
    }
    middle("encoder.mid_block", width, c, blocks);
    blocks.norm("encoder.conv_norm_out", width);
    blocks.conv("encoder.conv_out", width, 2 * c.latentChannels(), 3);
    if (c.quant()) {
      blocks.conv("quant_conv", 2 * c.latentChannels(), 2 * c.latentChannels(), 1);
    }
    if (c.postQuant()) {
      blocks.conv("post_quant_conv", c.latentChannels(), c.latentChannels(), 1);
    }
    blocks.conv("decoder.conv_in", c.latentChannels(), width, 3);
    middle("decoder.mid_block", width, c, blocks);
    for (int i = 0; i <= last; i++) {
      String block = "decoder.up_blocks." + i;
      int out = c.channels().get(last - i);
      for (int j = 0; j <= c.layers(); j++) {
        blocks.resnet(block + ".resnets." + j, width, out, 0, false);
        width = out;
      }
      if (i < last) {
        blocks.conv(block + ".upsamplers.0.conv", width, width, 3);
      }
    }
    blocks.norm("decoder.conv_norm_out", width);
    blocks.conv("decoder.conv_out", width, c.inChannels(), 3);
  }

  private static void middle(String name, int width, AutoencoderConfig c, BlockParameters blocks) {
    blocks.resnet(name + ".resnets.0", width, width, 0, false);
    if (c.middleAttention()) {
      blocks.attention(name + ".attentions.0", width, true);
    }
    blocks.resnet(name + ".resnets.1", width, width, 0, false);
  }

  /**
   * Encodes images.
   *
   * @param images {@code [N, C, H, W]} in [0, 1], sides multiples of {@link
   *     AutoencoderConfig#factor()}
   * @return the distribution of their latents, owned by the caller
   * @throws IllegalArgumentException if the shape does not fit
   */
  public Posterior posterior(NDArray images) {
    checkImages(images);
    NDList out = program.all("posterior", images);
    return new Posterior(out.get(0), out.get(1));
  }

  /**
   * Encodes images to the latents that a denoiser works on: the posterior's mean, shifted and
   * scaled.
   *
   * @param images {@code [N, C, H, W]} in [0, 1]
   * @return {@code [N, C', H', W']}, owned by the caller
   * @throws IllegalArgumentException if the shape does not fit
   */
  public NDArray encode(NDArray images) {
    checkImages(images);
    return program.one("scaled_mean", images);
  }

  /**
   * Decodes latents that a denoiser worked on.
   *
   * @param latents {@code [N, C', H', W']}
   * @return images {@code [N, C, H, W]}, near [0, 1] but not limited to it; owned by the caller
   * @throws IllegalArgumentException if the shape does not fit
   */
  public NDArray decode(NDArray latents) {
    checkLatents(latents);
    return program.one("image_of_scaled", latents);
  }

  /**
   * Decodes latents that are not scaled.
   *
   * @param latents a sample of a {@link Posterior}, {@code [N, C', H', W']}
   * @return images {@code [N, C, H, W]}, near [0, 1] but not limited to it; owned by the caller
   * @throws IllegalArgumentException if the shape does not fit
   */
  public NDArray decodeUnscaled(NDArray latents) {
    checkLatents(latents);
    return program.one("image_of", latents);
  }

  private void checkImages(NDArray images) {
    Shape shape = Tensors.requireImages(images).getShape();
    Require.that(
        shape.get(1) == config.inChannels()
            && shape.get(2) % config.factor() == 0
            && shape.get(3) % config.factor() == 0,
        "images must be [N, "
            + config.inChannels()
            + ", H, W] with sides that are multiples of "
            + config.factor()
            + ", were "
            + shape);
  }

  private void checkLatents(NDArray latents) {
    Shape shape = latents.getShape();
    Require.that(
        shape.dimension() == 4 && shape.get(1) == config.latentChannels(),
        "latents must be [N, " + config.latentChannels() + ", H, W], were " + shape);
  }

  /**
   * Copies the codec.
   *
   * @return a codec with weights of its own, to be closed by the caller
   */
  public AutoencoderKl copy() {
    return of(config, ParameterCopies.of(parameters.trainable()));
  }

  /**
   * Copies the codec for latents of another size.
   *
   * @param scale what latents are multiplied by for a denoiser, not 0; usually one over their
   *     standard deviation
   * @return a codec with weights of its own, to be closed by the caller
   * @throws IllegalArgumentException if the scale is 0 or not finite
   */
  public AutoencoderKl withScale(double scale) {
    return of(config.withScale(scale), ParameterCopies.of(parameters.trainable()));
  }

  /**
   * Returns the codec's shape.
   *
   * @return its configuration
   */
  public AutoencoderConfig config() {
    return config;
  }

  /**
   * Returns the manager that the weights hang on.
   *
   * @return closed with the codec
   */
  public NDManager manager() {
    return manager;
  }

  @Override
  public Parameters stored() {
    return parameters;
  }

  @Override
  public void close() {
    program.close();
    manager.close();
  }
}
