package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.nn.sam.SamConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class MaskLossTest {
  private static final int SIDE = 16;
  private final NDManager manager = Tensors.newManager();

  @AfterEach
  void free() {
    manager.close();
  }

  private Segmenter.Prediction prediction(int readings, float[] logits, float... overlap) {
    return new Segmenter.Prediction(
        manager.create(logits, new Shape(1, 1, readings, 1, logits.length / readings)),
        manager.create(overlap, new Shape(1, 1, readings)));
  }

  private NDArray mask(float... pixels) {
    return manager.create(pixels, new Shape(1, 1, 1, pixels.length));
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Test
  void theFocalLossIsTheWrittenOne() {
    double p = sigmoid(0.5);
    double q = sigmoid(-1);
    double expected =
        (0.25 * Math.pow(1 - p, 2) * -Math.log(p) + 0.75 * q * q * -Math.log(1 - q)) / 2;
    double found =
        new MaskLoss(1, 0, 0, 2)
            .of(prediction(1, new float[] {0.5f, -1}, 0), mask(1, 0))
            .getFloat();
    assertThat(found).isCloseTo(expected, within(1e-6));
  }

  @Test
  void theDiceLossIsTheWrittenOne() {
    double p = sigmoid(0.5);
    double q = sigmoid(-1);
    double expected = 1 - (2 * p + 1) / (p + q + 1 + 1);
    double found =
        new MaskLoss(0, 1, 0, 2)
            .of(prediction(1, new float[] {0.5f, -1}, 0), mask(1, 0))
            .getFloat();
    assertThat(found).isCloseTo(expected, within(1e-6));
  }

  @Test
  void overlapIsComparedWithThatOfTheCutMask() {
    // Cut at 0, the masks share one of two pixels.
    double found =
        new MaskLoss(0, 0, 1, 2)
            .of(prediction(1, new float[] {3, 1, -2}, 0.9f), mask(1, 0, 0))
            .getFloat();
    assertThat(found).isCloseTo(0.4 * 0.4, within(1e-6));
  }

  @Test
  void onlyTheBestReadingPays() {
    MaskLoss loss = new MaskLoss(1, 1, 0, 2);
    float[] good = {5, -5, -5};
    float[] bad = {-5, 5, 5};
    float[] both = {5, -5, -5, -5, 5, 5};
    NDArray mask = mask(1, 0, 0);
    double alone = loss.of(prediction(1, good, 0), mask).getFloat();
    assertThat((double) loss.of(prediction(2, both, 0, 0), mask).getFloat())
        .isCloseTo(alone, within(1e-6));
    assertThat((double) loss.of(prediction(1, bad, 0), mask).getFloat()).isGreaterThan(10 * alone);
  }

  @Test
  void masksOfAnotherSizeAndNegativeWeightsAreRefused() {
    assertThatThrownBy(() -> MaskLoss.sam().of(prediction(1, new float[] {1, 2}, 0), mask(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(1, 1, 1, 2)");
    assertThatThrownBy(() -> new MaskLoss(-1, 1, 1, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("focal");
  }

  private static Sam small() {
    return Sam.initial(
        SamConfig.small(SIDE, 1, 4, 16, 2, 2), Normalization.same(1, 0.5, 0.5), Rng.of(5), "small");
  }

  /** A bright square at the left or right, the point in it. */
  private NDArray images(boolean left) {
    NDArray image = Rng.of(6).uniform(manager, new Shape(1, 1, SIDE, SIDE), 0, 0.3);
    image.get("0,0,5:11," + (left ? "1:7" : "9:15")).addi(0.6f);
    return image;
  }

  private NDArray square(boolean left) {
    NDArray mask = manager.zeros(new Shape(1, 1, SIDE, SIDE));
    mask.get("0,0,5:11," + (left ? "1:7" : "9:15")).addi(1f);
    return mask;
  }

  private Segmenter.Prompt at(boolean left) {
    return Segmenter.Prompt.point(manager, left ? 4 : 12, 8);
  }

  @Test
  void gradientsToEveryParameterAreThoseOfTheLoss() {
    try (Sam sam = small()) {
      ParameterGradients.shake(sam, Rng.of(7));
      NDArray image = images(true);
      NDArray mask = square(true);
      // Overlap is counted in whole pixels, so that its target jumps; the other terms are smooth.
      MaskLoss smooth = new MaskLoss(20, 1, 0, 2);
      Set<String> independent =
          ParameterGradients.check(
              sam, () -> smooth.of(sam.forward(image, at(true), false), mask), 1e-3, 0.05);
      // Of the single reading only; what predicts overlap, other prompts and other readings wait.
      assertThat(independent)
          .allMatch(
              name ->
                  name.endsWith("k_proj.bias")
                      || name.contains("iou_prediction_head")
                      || name.contains("mask_embed")
                      || name.contains("point_embed")
                      || name.matches(".*output_hypernetworks_mlps\\.[123]\\..*"))
          .doesNotContain("prompt_encoder.point_embed.1.weight");
    }
  }

  @Test
  void trainingCutsOutWhatIsPointedAt() {
    try (Sam sam = small()) {
      TrainingLog log =
          TrainingLoop.run(
              sam,
              2,
              (samples, epoch, rng) -> {
                boolean left = samples[0] == 0;
                return MaskLoss.sam().of(sam.forward(images(left), at(left), true), square(left));
              },
              TrainingOptions.adamW(60, 1, 3e-3),
              Run.seed(0));
      assertThat(log.lastLoss()).isLessThan(log.losses().get(0) / 4);
      for (boolean left : new boolean[] {true, false}) {
        NDArray answer = sam.segment(images(left), at(left));
        NDArray truth = square(left).gt(0.5f);
        double both = answer.logicalAnd(truth).sum().getLong();
        double either = answer.logicalOr(truth).sum().getLong();
        // The whole picture reaches 0.14.
        assertThat(both / either).isGreaterThan(0.5);
      }
    }
  }
}
