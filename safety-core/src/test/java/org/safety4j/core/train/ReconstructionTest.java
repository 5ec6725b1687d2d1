package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.nn.diffusion.AutoencoderConfig;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

class ReconstructionTest {
  private static final int SIDE = 8;
  private static final int LATENT = SIDE / 2;

  private static AutoencoderKl small() {
    return AutoencoderKl.initial(AutoencoderConfig.small(SIDE, 3, 2, List.of(8, 16)), Rng.of(1));
  }

  /** Pictures of one half bright, the other dark, each with a brightness of its own. */
  private static NDArray pictures(NDManager manager, int n) {
    NDArray levels = Rng.of(2).uniform(manager, new Shape(n, 3, 1, 1), 0, 1);
    NDArray pictures = manager.ones(new Shape(n, 3, SIDE, SIDE)).mul(levels);
    for (int i = 0; i < n; i++) {
      pictures.get(i + ",:," + (i % 2 == 0 ? "0:4" : "4:8")).muli(0.2f);
    }
    return pictures;
  }

  @Test
  void gradientsToEveryParameterAreThoseOfTheLoss() {
    try (AutoencoderKl codec = small();
        NDManager manager = Tensors.newManager()) {
      ParameterGradients.shake(codec, Rng.of(3));
      NDArray images = pictures(manager, 4);
      Reconstruction objective =
          new Reconstruction(codec, (samples, rng) -> Ops.rows(images, samples), 0.5);
      int[] samples = {0, 1, 2, 3};
      // No bias of a key matters: the attention's softmax does not see it.
      assertThat(
              ParameterGradients.check(
                  codec, () -> objective.loss(samples, 0, Rng.of(4)), 2e-3, 0.05))
          .allMatch(name -> name.endsWith("to_k.bias"));
    }
  }

  @Test
  void theLossIsTheAbsoluteErrorAndTheWeighedDivergence() {
    try (AutoencoderKl codec = small();
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray images = pictures(manager, 3);
      NDArray noise = Rng.of(5).normal(manager, new Shape(3, 2, LATENT, LATENT));
      AutoencoderKl.Posterior posterior = codec.posterior(images);
      float[] mean = posterior.mean().toFloatArray();
      float[] logVariance = posterior.logVariance().toFloatArray();
      float[] drawn = noise.toFloatArray();
      double nats = 0;
      for (int i = 0; i < mean.length; i++) {
        drawn[i] = (float) (mean[i] + Math.exp(logVariance[i] / 2) * drawn[i]);
        nats += (mean[i] * mean[i] + Math.exp(logVariance[i]) - 1 - logVariance[i]) / 2;
      }
      float[] decoded =
          codec.decodeUnscaled(manager.create(drawn, noise.getShape())).toFloatArray();
      float[] wanted = images.toFloatArray();
      double error = 0;
      for (int i = 0; i < wanted.length; i++) {
        error += Math.abs(decoded[i] - wanted[i]) / wanted.length;
      }
      assertThat((double) Reconstruction.loss(codec, images, noise, 0).getFloat())
          .isCloseTo(error, within(1e-5));
      assertThat(nats).isGreaterThan(10);
      assertThat((double) Reconstruction.loss(codec, images, noise, 2).getFloat())
          .isCloseTo(error + 2 * nats / wanted.length, within(1e-4));
    }
  }

  @Test
  void trainingBringsPicturesBack() {
    try (AutoencoderKl codec = small();
        NDManager manager = Tensors.newManager()) {
      NDArray all = pictures(manager, 64);
      double before = error(codec, all);
      TrainingLog log =
          TrainingLoop.run(
              codec,
              64,
              new Reconstruction(codec, (samples, rng) -> Ops.rows(all, samples), 1e-3),
              TrainingOptions.adamW(25, 16, 5e-3),
              Run.seed(0));
      assertThat(log.lastLoss()).isLessThan(0.4 * log.losses().get(0));
      assertThat(error(codec, all)).isLessThan(0.4 * before);
    }
  }

  private static double error(AutoencoderKl codec, NDArray images) {
    try (Scope scope = Scope.open()) {
      return codec.decode(codec.encode(images)).sub(images).abs().mean().getFloat();
    }
  }

  @Test
  void whatDoesNotFitIsExplained() {
    try (AutoencoderKl codec = small();
        NDManager manager = Tensors.newManager()) {
      assertThatThrownBy(() -> new Reconstruction(codec, (samples, rng) -> null, -1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("divergence");
      NDArray images = pictures(manager, 2);
      NDArray noise = manager.zeros(new Shape(2, 1, LATENT, LATENT));
      assertThatThrownBy(() -> Reconstruction.loss(codec, images, noise, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("noise must be");
    }
  }
}
