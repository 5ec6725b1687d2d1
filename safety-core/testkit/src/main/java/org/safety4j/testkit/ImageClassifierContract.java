package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.Model;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;

/**
 * What every image classifier must keep to: the rules for scores run on any {@code Gray}, those for
 * gradients and features on a {@code White} one.
 */
public abstract class ImageClassifierContract extends ModelContract<ImageClassifier.Gray> {
  private NDArray images;

  /** For subclasses. */
  protected ImageClassifierContract() {}

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(
        ImageClassifier.Black.class, ImageClassifier.Gray.class, ImageClassifier.White.class);
  }

  /**
   * Returns the shape of an image.
   *
   * @return by default what a White model says; others override this
   */
  protected Shape inputShape() {
    return ((ImageClassifier.White) model()).inputShape();
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

  @Override
  void prepare() {
    images = images(manager());
  }

  @Override
  protected float[] answer(ImageClassifier.Gray asked, NDManager own) {
    return asked.logits(images(own)).toFloatArray();
  }

  @Override
  void use() {
    free(model().logits(images));
    model().labels(images);
    if (model() instanceof ImageClassifier.White white) {
      try (NDArray labels = labels()) {
        free(white.gradient(images, labels, CrossEntropy.untargeted()), white.linearize(images));
      }
      for (String layer : white.layers()) {
        free(white.features(images, layer));
      }
    }
  }

  private ImageClassifier.White white() {
    return as(ImageClassifier.White.class);
  }

  private NDArray labels() {
    return Ops.index(manager(), model().labels(images));
  }

  @Test
  final void hasTwoClassesOrMore() {
    assertThat(model().classes()).isGreaterThanOrEqualTo(2);
  }

  @Test
  final void scoresEveryClassOfEveryImage() {
    NDArray logits = model().logits(images);
    assertThat(logits.getShape()).isEqualTo(new Shape(images.getShape().get(0), model().classes()));
    assertThat(Ops.isFinite(logits)).isTrue();
  }

  @Test
  final void labelsAreTheBestScores() {
    long[] best = model().logits(images).argMax(1).toLongArray();
    int[] labels = model().labels(images);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != ImageClassifier.Black.REJECTED) {
        assertThat(labels[i]).isEqualTo((int) best[i]);
      }
    }
  }

  @Test
  final void answersAnImageTheSameInEveryBatch() {
    NDArray alone =
        joined((int) images.getShape().get(0), i -> model().logits(Ops.rows(images, i)));
    assertNear(alone, model().logits(images), tolerance());
  }

  @Test
  final void tellsImagesApart() {
    float[] first = model().logits(Ops.rows(images, 0)).toFloatArray();
    float[] second = model().logits(Ops.rows(images, 1)).toFloatArray();
    assertThat(first).isNotEqualTo(second);
  }

  @Test
  final void refusesWhatIsNotABatchOfImages() {
    assertThatThrownBy(() -> model().logits(Ops.rows(images, 0).squeeze(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[N, C, H, W]");
  }

  @Test
  final void linearizesToTheSameScores() {
    try (Linearized at = white().linearize(images)) {
      assertNear(at.logits(), model().logits(images), tolerance());
    }
  }

  @Test
  final void gradientMatchesFiniteDifferences() {
    ImageClassifier.White white = white();
    NDArray labels = labels();
    CrossEntropy loss = CrossEntropy.untargeted();
    assertGradient(
        images, white.gradient(images, labels, loss), x -> loss.values(white.logits(x), labels));
  }

  @Test
  final void pullsBackAsOftenAsWantedAndLinearly() {
    try (Linearized at = white().linearize(images)) {
      NDArray c = Rng.of(11).normal(manager(), at.logits().getShape());
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
    int[] answers = model().labels(images);
    float[] expected = gradient(white, answers);
    for (float[] each : onFourThreads(() -> gradient(white, answers))) {
      assertNear(each, expected, tolerance());
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
}
