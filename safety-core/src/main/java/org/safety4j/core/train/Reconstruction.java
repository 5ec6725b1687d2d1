package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Trains a latent codec: pictures are encoded, latents drawn from the posterior and decoded again;
 * the absolute error of what comes out is minimised, and with a small weight the posterior's
 * divergence from a standard normal.
 *
 * <p><b>Source</b>: Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014; Rombach et
 * al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022. <b>Deviations</b>
 * from the latter: no perceptual and no adversarial loss, so that what the latents cannot hold
 * comes out blurred.
 *
 * @param codec the codec that learns
 * @param images gives a batch's pictures
 * @param divergence weight of the divergence, in nats a sample value of the picture, at least 0;
 *     usually well below the error that is reached, such as 0.003
 */
public record Reconstruction(AutoencoderKl codec, Denoising.Images images, double divergence)
    implements BatchObjective {
  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(Reconstruction.class, "reconstruction.torch.py", Map.of());
  }

  /**
   * Checks the weight.
   *
   * @param codec the codec that learns
   * @param images gives a batch's pictures
   * @param divergence at least 0
   * @throws IllegalArgumentException if it is negative or not finite
   */
  public Reconstruction {
    Require.inRange("divergence", divergence, 0, Double.MAX_VALUE);
  }

  @Override
  public NDArray loss(int[] samples, int epoch, Rng rng) {
    try (Scope scope = Scope.open()) {
      NDArray batch;
      NDArray noise;
      try (GradMode mode = GradMode.off()) {
        batch = images.batch(samples, rng.derive("images"));
        noise = rng.derive("noise").normal(codec.manager(), samples, latentShape(batch));
      }
      return scope.keep(loss(codec, batch, noise, divergence));
    }
  }

  private Shape latentShape(NDArray batch) {
    Shape image = Tensors.elementShape(batch);
    int factor = codec.config().factor();
    return new Shape(
        codec.config().latentChannels(),
        Math.floorDiv(image.get(1), factor),
        Math.floorDiv(image.get(2), factor));
  }

  /**
   * Computes the loss, as part of the graph if one is recorded.
   *
   * @param codec the codec
   * @param images {@code [N, C, H, W]} in [0, 1]
   * @param noise standard normal, of the latents' shape {@code [N, C', H', W']}
   * @param divergence weight of the divergence, at least 0
   * @return a scalar: mean absolute error of the decoded pictures, plus the weight times the mean
   *     divergence a sample value
   * @throws IllegalArgumentException if a shape does not fit
   */
  public static NDArray loss(
      AutoencoderKl codec, NDArray images, NDArray noise, double divergence) {
    try (Scope scope = Scope.open()) {
      AutoencoderKl.Posterior posterior = codec.posterior(images);
      NDArray mean = posterior.mean();
      Require.that(
          noise.getShape().equals(mean.getShape()),
          "noise must be " + mean.getShape() + ", was " + noise.getShape());
      NDArray latents = Holder.PROGRAM.one("drawn", mean, posterior.logVariance(), noise);
      NDArray decoded = codec.decodeUnscaled(latents);
      NDArray weight = codec.manager().create((float) divergence);
      return scope.keep(
          Holder.PROGRAM.one("loss", images, decoded, mean, posterior.logVariance(), weight));
    }
  }
}
