package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class ContrastiveTest {
  private static final List<String> TEXTS =
      List.of("a red potion", "the lazy dog", "a blue potion", "two cats");
  private final NDManager manager = Tensors.newManager();

  @AfterEach
  void free() {
    manager.close();
  }

  private static double value(NDArray scalar) {
    return scalar.getFloat();
  }

  @Test
  void nothingToldApartCostsTheLogarithmOfTheBatch() {
    assertThat(value(Contrastive.symmetric(manager.zeros(new Shape(7, 7)))))
        .isCloseTo(Math.log(7), within(1e-6));
  }

  @Test
  void bothSidesCount() {
    NDArray logits = manager.create(new float[] {2, 0, 1, 3}, new Shape(2, 2));
    double rows = cost(2, 0) + cost(3, 1);
    double columns = cost(2, 1) + cost(3, 0);
    assertThat(value(Contrastive.symmetric(logits))).isCloseTo((rows + columns) / 4, within(1e-6));
  }

  /** Cross-entropy of a right answer against a wrong one. */
  private static double cost(double right, double wrong) {
    return Math.log(1 + Math.exp(wrong - right));
  }

  @Test
  void matchesAreSharedEvenly() {
    NDArray logits = Rng.of(1).normal(manager, new Shape(5, 5));
    assertThat(value(Contrastive.matched(logits, manager.eye(5))))
        .isCloseTo(value(Contrastive.symmetric(logits)), within(1e-6));
    // One row, two texts of which both are right: the loss ends at the entropy of an even choice.
    NDArray two = manager.create(new float[] {4, 4}, new Shape(1, 2));
    assertThat(value(Contrastive.matched(two, manager.ones(new Shape(1, 2)))))
        .isCloseTo(Math.log(2) / 2, within(1e-6));
  }

  @Test
  void gradientsPushRightPairsUpAndWrongPairsDown() {
    float[] gradient =
        Grad.of(Contrastive::symmetric, manager.zeros(new Shape(3, 3))).gradient().toFloatArray();
    for (int i = 0; i < 9; i++) {
      // Softmax minus target from both sides, over the batch.
      assertThat((double) gradient[i])
          .isCloseTo((1 / 3.0 - (i % 4 == 0 ? 1 : 0)) / 3, within(1e-6));
    }
  }

  @Test
  void logitsOfOtherShapesAreRefused() {
    assertThatThrownBy(() -> Contrastive.symmetric(manager.zeros(new Shape(2, 3))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(2, 3)");
    assertThatThrownBy(
            () ->
                Contrastive.matched(manager.zeros(new Shape(2, 2)), manager.zeros(new Shape(2, 3))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("matches");
  }

  private NDArray loss(Clip clip, NDArray images) {
    DualEncoder.TextBatch batch = clip.tokenize(TEXTS);
    NDArray texts = clip.embedTokens(clip.tokenEmbeddings(batch.ids()), batch);
    return Contrastive.symmetric(clip.logits(clip.embedImages(images), texts));
  }

  private NDArray images(Clip clip) {
    return Rng.of(3).uniform(manager, new Shape(TEXTS.size()).addAll(clip.inputShape()), 0, 1);
  }

  @Test
  void gradientsToEveryParameterOfBothTowersAreThoseOfTheLoss() {
    try (Clip clip = Models.open(Fixtures.path("clip"), Clip.class)) {
      NDArray images = images(clip);
      Set<String> independent =
          ParameterGradients.check(clip, () -> loss(clip, images), 2e-3, 0.05);
      // The softmax of the attention does not see what all keys share.
      assertThat(independent).allMatch(name -> name.endsWith("k_proj.bias"));
    }
  }

  @Test
  void trainingMatchesPicturesToTheirTexts() {
    try (Clip clip = Models.open(Fixtures.path("clip"), Clip.class)) {
      NDArray images = images(clip);
      TrainingLog log =
          TrainingLoop.run(
              clip,
              TEXTS.size(),
              (samples, epoch, rng) -> loss(clip, images),
              TrainingOptions.adamW(40, TEXTS.size(), 3e-3),
              Run.seed(0));
      assertThat(log.losses().get(0)).isGreaterThan(1);
      assertThat(log.lastLoss()).isLessThan(0.2);
      NDArray best = clip.imageEmbeddings(images).matMul(clip.textEmbeddings(TEXTS).transpose());
      assertThat(Ops.index(manager, 0, 1, 2, 3)).isEqualTo(best.argMax(1));
    }
  }
}
