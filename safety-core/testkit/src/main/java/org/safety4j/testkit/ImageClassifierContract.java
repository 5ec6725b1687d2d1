package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.tensor.torch.TorchEngine;

/**
 * What every image classifier must keep to: the rules for scores run on any {@code Gray}, those for
 * gradients and features on a {@code White} one.
 */
public abstract class ModelContract {
  private ImageClassifier.Gray model;
  private NDManager manager;
  private NDArray images;

  /** For subclasses. */
  protected ModelContract() {}

  /**
   * Opens the model under test.
   *
   * @return the model; closed by the contract
   */
  protected abstract ImageClassifier.Gray open();

  /**
   * Returns the shape of an image.
   *
   * @return by default what a White model says; others override this
   */
  protected Shape inputShape() {
    return ((ImageClassifier.White) model).inputShape();
  }

  /**
   * Makes the images that the model is asked.
   *
   * @param owner the manager that they hang on
   * @return by default five uniform random images
   */
  protected NDArray images(NDManager owner) {
    return Rng.of(5).uniform(owner, new Shape(5).addAll(inputShape()), 0, 1);
  }

  /**
   * Returns how far logits of one image may differ between batches.
   *
   * @return 1e-4 by default
   */
  protected double tolerance() {
    return 1e-4;
  }

  /**
   * Returns how far a directional derivative may differ from finite differences, relative to its
   * size.
   *
   * @return 0.02 by default
   */
  protected double gradientTolerance() {
    return 0.02;
  }

  /**
   * Returns the step of finite differences.
   *
   * @return 1e-2 by default
   */
  protected double gradientStep() {
    return 1e-2;
  }

  /** Opens the model and makes images. */
  @BeforeEach
  protected final void openContract() {
    model = open();
    manager = Tensors.newManager();
    images = images(manager);
  }

  /** Closes the model twice, which must do nothing the second time. */
  @AfterEach
  protected final void closeContract() {
    manager.close();
    model.close();
    model.close();
  }

  private ImageClassifier.White white() {
    assumeTrue(model instanceof ImageClassifier.White, "the model gives scores only");
    return (ImageClassifier.White) model;
  }

  private NDArray labels() {
    return Ops.index(manager, model.labels(images));
  }

  private void assertNear(NDArray actual, NDArray expected, double tolerance) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    assertThat(actual.toFloatArray())
        .usingComparatorWithPrecision((float) tolerance)
        .containsExactly(expected.toFloatArray());
  }

  @Test
  final void scoresEveryClassOfEveryImage() {
    NDArray logits = model.logits(images);
    assertThat(logits.getShape()).isEqualTo(new Shape(images.getShape().get(0), model.classes()));
    assertThat(Ops.isFinite(logits)).isTrue();
  }

  @Test
  final void labelsAreTheBestScores() {
    long[] best = model.logits(images).argMax(1).toLongArray();
    int[] labels = model.labels(images);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != ImageClassifier.Black.REJECTED) {
        assertThat(labels[i]).isEqualTo((int) best[i]);
      }
    }
  }

  @Test
  final void answersTheSameTwice() {
    assertNear(model.logits(images), model.logits(images), 0);
  }

  @Test
  final void answersAnImageTheSameInEveryBatch() {
    NDArray together = model.logits(images);
    NDList alone = new NDList();
    for (int i = 0; i < images.getShape().get(0); i++) {
      alone.add(model.logits(Ops.rows(images, i)));
    }
    NDArray joined = alone.get(0);
    for (int i = 1; i < alone.size(); i++) {
      joined = joined.concat(alone.get(i), 0);
    }
    assertNear(joined, together, tolerance());
  }

  @Test
  final void tellsImagesApart() {
    float[] first = model.logits(Ops.rows(images, 0)).toFloatArray();
    float[] second = model.logits(Ops.rows(images, 1)).toFloatArray();
    assertThat(first).isNotEqualTo(second);
  }

  @Test
  final void refusesWhatIsNotABatchOfImages() {
    assertThatThrownBy(() -> model.logits(Ops.rows(images, 0).squeeze(0)))
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  final void leavesTheGradientModeAsItWas() {
    for (boolean recording : new boolean[] {true, false}) {
      try (GradMode mode = recording ? GradMode.on() : GradMode.off()) {
        model.logits(images).close();
        if (model instanceof ImageClassifier.White white) {
          white.linearize(images).close();
        }
        assertThat(TorchEngine.recordGradients(recording)).isEqualTo(recording);
      }
    }
  }

  @Test
  final void linearizesToTheSameScores() {
    try (Linearized at = white().linearize(images)) {
      assertNear(at.logits(), model.logits(images), tolerance());
    }
  }

  @Test
  final void gradientMatchesFiniteDifferences() {
    ImageClassifier.White white = white();
    NDArray labels = labels();
    CrossEntropy loss = CrossEntropy.untargeted();
    NDArray gradient = white.gradient(images, labels, loss).gradient();
    assertThat(gradient.getShape()).isEqualTo(images.getShape());
    // Along the gradient the change is largest, and away from it errors would hide.
    NDArray random = Rng.of(9).normal(manager, images.getShape());
    NDArray direction =
        gradient.div(gradient.norm().maximum(1e-12f)).add(random.div(random.norm()).mul(0.3));
    double h = gradientStep();
    NDArray along = direction.mul(h);
    double up = loss.values(model.logits(images.add(along)), labels).sum().getFloat();
    double down = loss.values(model.logits(images.sub(along)), labels).sum().getFloat();
    double derivative = gradient.mul(direction).sum().getFloat();
    assertThat(derivative).isPositive();
    assertThat((up - down) / (2 * h))
        .isCloseTo(derivative, offset(gradientTolerance() * derivative));
  }

  @Test
  final void pullsBackAsOftenAsWantedAndLinearly() {
    try (Linearized at = white().linearize(images)) {
      NDArray c = Rng.of(11).normal(manager, at.logits().getShape());
      NDArray once = at.pullback(c);
      assertNear(at.pullback(c), once, 1e-6);
      assertNear(at.pullback(c.mul(2)), once.mul(2), 1e-3);
      assertNear(at.lastPullback(c), once, 1e-6);
    }
  }

  @Test
  final void oneImagesGradientDoesNotDependOnTheOthers() {
    ImageClassifier.White white = white();
    NDArray labels = labels();
    NDArray together = white.gradient(images, labels, CrossEntropy.untargeted()).gradient();
    NDArray alone =
        white
            .gradient(Ops.rows(images, 2), Ops.rows(labels, 2), CrossEntropy.untargeted())
            .gradient();
    assertNear(alone, Ops.rows(together, 2), tolerance());
  }

  @Test
  final void gradientsOnFourThreadsAreTheSame() throws Exception {
    ImageClassifier.White white = white();
    int[] answers = model.labels(images);
    float[] expected = gradient(white, answers);
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Callable<float[]>> tasks = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        tasks.add(() -> gradient(white, answers));
      }
      for (Future<float[]> future : pool.invokeAll(tasks)) {
        assertThat(future.get())
            .usingComparatorWithPrecision((float) tolerance())
            .containsExactly(expected);
      }
    } finally {
      pool.shutdown();
    }
  }

  private float[] gradient(ImageClassifier.White white, int[] answers) {
    try (NDManager own = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray mine = images(own);
      try (ValueAndGradient g =
          white.gradient(mine, Ops.index(own, answers), CrossEntropy.untargeted())) {
        return g.gradient().toFloatArray();
      }
    }
  }

  @Test
  final void leavesNothingBehind() {
    NDArray labels = labels();
    use(labels);
    int before = Tensors.liveArrays();
    for (int i = 0; i < 10; i++) {
      use(labels);
    }
    assertThat(Tensors.liveArrays()).isEqualTo(before);
  }

  private void use(NDArray labels) {
    model.labels(images);
    model.logits(images).close();
    if (model instanceof ImageClassifier.White white) {
      white.gradient(images, labels, CrossEntropy.untargeted()).close();
      for (String layer : white.layers()) {
        try (GradMode mode = GradMode.off()) {
          white.features(images, layer).close();
        }
      }
    }
  }

  @Test
  final void everyLayerCanBeRead() {
    ImageClassifier.White white = white();
    assertThat(white.layers()).isNotEmpty().doesNotHaveDuplicates();
    for (String layer : white.layers()) {
      NDArray features = white.features(images, layer);
      assertThat(features.getShape().get(0)).isEqualTo(images.getShape().get(0));
      assertThat(Ops.isFinite(features)).as(layer).isTrue();
    }
  }

  @Test
  final void unknownLayerIsAnErrorThatListsThoseThatThereAre() {
    ImageClassifier.White white = white();
    assertThatThrownBy(() -> white.features(images, "no such layer"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no such layer")
        .hasMessageContaining(white.layers().get(0));
  }

  @Test
  final void saysWhoItIs() {
    assertThat(model.card().name()).isNotBlank();
    assertThat(model.classes()).isGreaterThanOrEqualTo(2);
  }
}
