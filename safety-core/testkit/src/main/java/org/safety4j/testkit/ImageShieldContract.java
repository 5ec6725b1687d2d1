package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.ImageShield;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

/** What every shield of image classifiers must keep to. */
public abstract class ImageShieldContract extends DefenseContract {
  private static final long SEED = 3;

  private ImageClassifier.White model;
  private LabeledImages images;

  /** For subclasses. */
  protected ImageShieldContract() {}

  /**
   * Makes the shield under test.
   *
   * @return the shield
   */
  protected abstract ImageShield shield();

  @Override
  protected final ImageShield defense() {
    return shield();
  }

  /**
   * Tells whether the shielded model answers the same image differently from call to call.
   *
   * @return false by default
   */
  protected boolean random() {
    return false;
  }

  /**
   * Returns the share of benign images on which the shielded model must still answer as the plain
   * one.
   *
   * @return 0.75 by default
   */
  protected double utility() {
    return 0.75;
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
   * Makes the run that the shield is applied in; a shield that needs data gets it here.
   *
   * @param data benign images, labelled by the model
   * @return by default a run with a fixed seed and the images as its data
   */
  protected Run run(LabeledImages data) {
    return Run.seed(SEED).withData(data);
  }

  /**
   * Opens the model that is shielded.
   *
   * @return by default a {@link TinyMlp} for grey images of 8 x 8 pixels and 4 classes
   */
  protected ImageClassifier.White openModel() {
    return TinyMlp.create();
  }

  /**
   * Makes benign images.
   *
   * @param target who labels them
   * @return 40 images by default
   */
  protected LabeledImages openImages(ImageClassifier.White target) {
    return TestImages.labelledBy(target, 40, SEED);
  }

  /** Opens model and images. */
  @BeforeEach
  protected final void openContract() {
    model = openModel();
    images = openImages(model);
  }

  /** Closes model and images. */
  @AfterEach
  protected final void closeContract() {
    images.close();
    model.close();
  }

  private Protected<ImageClassifier.Gray> gray() {
    assumeTrue(
        Access.of(shield().keeps(model)) != Access.BLACK_BOX, "the shield gives labels only");
    return shield().apply(model, ImageClassifier.Gray.class, run(images));
  }

  private Protected<ImageClassifier.White> white() {
    assumeTrue(Access.of(shield().keeps(model)) == Access.WHITE_BOX, "the shield is opaque");
    return shield().apply(model, ImageClassifier.White.class, run(images));
  }

  @Test
  final void keepsMostOfTheUtility() {
    try (Protected<ImageClassifier.Black> shielded =
        shield().apply(model, ImageClassifier.Black.class, run(images))) {
      int[] labels = images.labels();
      int[] answers = shielded.model().labels(images.images());
      int same = 0;
      for (int i = 0; i < labels.length; i++) {
        same += labels[i] == answers[i] ? 1 : 0;
      }
      assertThat((double) same / labels.length).isGreaterThanOrEqualTo(utility());
      assertThat(shielded.model().classes()).isEqualTo(model.classes());
    }
  }

  @Test
  final void isReportedWithItsOriginalAndItsAdaptiveAttacks() {
    try (Protected<ImageClassifier.Black> shielded =
        shield().apply(model, ImageClassifier.Black.class, run(images))) {
      assertThat(shielded.original()).isSameAs(model);
      assertThat(shielded.by().info()).isEqualTo(shield().info());
      assertThat(shielded.adaptiveAttacks()).isEqualTo(shield().info().adaptiveAttacks());
      assertThat(shielded.model().card().name()).isNotEqualTo(model.card().name());
    }
  }

  @Test
  final void offersExactlyTheRungThatIsAsked() {
    try (Protected<ImageClassifier.Black> black =
        shield().apply(model, ImageClassifier.Black.class, run(images))) {
      assertThat(Access.of(black.model().getClass())).isEqualTo(Access.BLACK_BOX);
    }
    try (Protected<ImageClassifier.Gray> gray = gray()) {
      assertThat(Access.of(gray.model().getClass())).isEqualTo(Access.GRAY_BOX);
    }
  }

  @Test
  final void worksOnARestrictedModel() {
    ImageClassifier.Gray restricted =
        Access.restrict(model, ImageClassifier.Gray.class, Budget.unlimited());
    assertThat(Access.of(shield().keeps(restricted))).isNotEqualTo(Access.WHITE_BOX);
    try (Protected<ImageClassifier.Black> shielded =
        shield().apply(restricted, ImageClassifier.Black.class, run(images))) {
      assertThat(shielded.model().labels(images.images())).hasSize(images.size());
      assertThat(Access.usage(restricted).queries()).isPositive();
    }
  }

  @Test
  final void refusesWhiteWhereItIsOpaque() {
    assumeFalse(shield() instanceof ImageShield.Differentiable, "the shield is differentiable");
    assertThat(Access.of(shield().keeps(model))).isNotEqualTo(Access.WHITE_BOX);
    assertThatThrownBy(
            () -> shield().apply(model, ImageClassifier.White.class, run(images)).close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(shield().info().id());
  }

  @Test
  final void answersAnImageTheSameInEveryBatch() {
    assumeFalse(random(), "the shield is random");
    try (Protected<ImageClassifier.Gray> gray = gray();
        Scope scope = Scope.open()) {
      NDArray together = gray.model().logits(images.images());
      NDArray again = gray.model().logits(images.images());
      assertThat(again.toFloatArray()).containsExactly(together.toFloatArray());
      assertThat(gray.model().logits(Ops.rows(images.images(), 3)).toFloatArray())
          .usingComparatorWithPrecision((float) tolerance())
          .containsExactly(Ops.rows(together, 3).toFloatArray());
    }
  }

  @Test
  final void givesTheSameForTheSameSeed() {
    float[][] logits = new float[2][];
    for (int i = 0; i < 2; i++) {
      try (Protected<ImageClassifier.Gray> gray = gray();
          Scope scope = Scope.open()) {
        logits[i] = gray.model().logits(images.images()).toFloatArray();
      }
    }
    assertThat(logits[1]).containsExactly(logits[0]);
  }

  @Test
  final void itsGradientLeadsUphillOnTheModelBehind() {
    try (Protected<ImageClassifier.White> white = white();
        Scope scope = Scope.open()) {
      NDArray x = images.images();
      NDArray gradient =
          white.model().gradient(x, images.labelArray(), CrossEntropy.untargeted()).gradient();
      assertThat(gradient.getShape()).isEqualTo(x.getShape());
      assertThat(Ops.isFinite(gradient)).isTrue();
      CrossEntropy loss = CrossEntropy.untargeted();
      NDArray moved = Ops.clamp(x.add(gradient.sign().mul(0.1)), 0, 1);
      double before = loss.values(white.model().logits(x), images.labelArray()).mean().getFloat();
      double after =
          loss.values(white.model().logits(moved), images.labelArray()).mean().getFloat();
      assertThat(after).isGreaterThan(before);
    }
  }

  @Test
  final void closingItLeavesTheOriginalOpen() {
    shield().apply(model, ImageClassifier.Black.class, run(images)).close();
    assertThat(model.labels(images.images())).containsExactly(images.labels());
  }

  @Test
  final void leavesNothingBehind() {
    use();
    int before = Tensors.liveArrays();
    use();
    assertThat(Tensors.liveArrays()).isEqualTo(before);
  }

  private void use() {
    try (Protected<ImageClassifier.Black> black =
        shield().apply(model, ImageClassifier.Black.class, run(images))) {
      int live = 0;
      for (int i = 0; i < 4; i++) {
        black.model().labels(images.images());
        if (i == 0) {
          live = Tensors.liveArrays();
        }
      }
      assertThat(Tensors.liveArrays()).isEqualTo(live);
    }
  }

  @Test
  final void leavesItsInputUntouched() {
    float[] before = images.images().toFloatArray();
    use();
    assertThat(images.images().toFloatArray()).containsExactly(before);
  }
}
