package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.diffusion.Ddim;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Prediction;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.nn.diffusion.UNetConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class DenoisingTest {
  private static final int SIDE = 8;

  private static DiffusionPipeline small(Prediction prediction) {
    UNet net =
        UNet.initial(UNetConfig.unconditional(SIDE, 1, List.of(8, 16), 1), Rng.of(1).derive("net"));
    return DiffusionPipeline.of(
        ModelCard.named("small"),
        net,
        null,
        null,
        NoiseSchedule.ddpm().withPrediction(prediction),
        Sampling.of(Ddim.steps(20).withClip(1)));
  }

  private static NDArray pictures(NDManager manager, int n) {
    NDArray pictures = manager.zeros(new Shape(n, 1, SIDE, SIDE));
    for (int i = 0; i < n; i++) {
      pictures.get(i + ",0," + (i % 2 == 0 ? "0:4" : "4:8")).addi(1f);
    }
    return pictures;
  }

  @ParameterizedTest
  @EnumSource(names = {"EPSILON", "V_PREDICTION"})
  void gradientsToEveryParameterAreThoseOfTheLoss(Prediction prediction) {
    try (DiffusionPipeline model = small(prediction);
        NDManager manager = Tensors.newManager()) {
      ParameterGradients.shake(model, Rng.of(2));
      Denoising objective =
          Denoising.of(model, (samples, rng) -> Ops.rows(pictures(manager, 4), samples));
      int[] samples = {0, 1, 2, 3};
      // No bias of a key matters: the attention's softmax does not see it.
      assertThat(
              ParameterGradients.check(
                  model, () -> objective.loss(samples, 0, Rng.of(3)), 1e-2, 0.05))
          .allMatch(name -> name.endsWith("to_k.bias"));
    }
  }

  @Test
  void theLossIsTheSquaredErrorOfWhatTheNetworkAnswers() {
    try (DiffusionPipeline model = small(Prediction.EPSILON);
        NDManager manager = Tensors.newManager()) {
      NDArray latents = pictures(manager, 3).mul(2).sub(1);
      NDArray noise = Rng.of(4).normal(manager, latents.getShape());
      NDArray timesteps = manager.create(new long[] {0, 400, 999});
      double squares = 0;
      for (int i = 0; i < 3; i++) {
        int t = (int) timesteps.getLong(i);
        float a = (float) model.schedule().signalRate(t);
        float b = (float) model.schedule().noiseRate(t);
        NDArray noisy =
            latents.get(i + ":" + (i + 1)).mul(a).add(noise.get(i + ":" + (i + 1)).mul(b));
        NDArray answer = model.noise(noisy, manager.create(new long[] {t}), null);
        for (float e : answer.sub(noise.get(i + ":" + (i + 1))).toFloatArray()) {
          squares += e * e;
        }
      }
      double expected = squares / latents.size();
      assertThat((double) Denoising.loss(model, latents, noise, timesteps, null).getFloat())
          .isCloseTo(expected, within(1e-4 * expected));
    }
  }

  @Test
  void trainingLowersTheErrorOnPicturesOfTwoKinds() {
    try (DiffusionPipeline model = small(Prediction.EPSILON);
        NDManager manager = Tensors.newManager()) {
      NDArray all = pictures(manager, 64);
      TrainingLog log =
          TrainingLoop.run(
              model,
              64,
              Denoising.of(model, (samples, rng) -> Ops.rows(all, samples)),
              TrainingOptions.adamW(40, 32, 3e-3).withEmaDecay(0.9),
              Run.seed(0));
      assertThat(log.losses().get(0)).isGreaterThan(0.7);
      assertThat(log.lastLoss()).isLessThan(0.3);
    }
  }

  @Test
  void promptsMustFitTheModel() {
    try (DiffusionPipeline model = small(Prediction.EPSILON)) {
      assertThatThrownBy(
              () -> new Denoising(model, (samples, rng) -> null, (samples, rng) -> List.of(), 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("prompts");
      assertThatThrownBy(() -> new Denoising(model, (samples, rng) -> null, null, 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("drop");
    }
  }
}
