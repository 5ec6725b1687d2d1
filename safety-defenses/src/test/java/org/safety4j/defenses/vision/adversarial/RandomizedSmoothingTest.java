package org.safety4j.defenses.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.CancelToken;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.Fixtures;
import org.safety4j.defenses.engine.certify.LayeredNetwork;
import org.safety4j.defenses.engine.smooth.Certificate;

class RandomizedSmoothingTest {
  private static final float[] W = {3, -2, 1, 2};
  private static final double W_NORM = Math.sqrt(18);

  private NDManager m;

  @BeforeEach
  void open() {
    m = Tensors.newManager();
  }

  @AfterEach
  void close() {
    m.close();
  }

  private NDArray row(float... pixels) {
    return m.create(pixels, new Shape(1, 1, 1, pixels.length));
  }

  /** Oracle 21: the radius of a half-space is its distance, for every sigma. */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.5, 1})
  void radiusOnHalfSpaceIsTheDistanceForEverySigma(double sigma) {
    NDArray x = row(0.5f, 0.25f, 0.5f, 0.25f);
    double distance = 2 / W_NORM;

    try (LayeredNetwork model = Fixtures.halfSpace(W, 0);
        LabeledImages images = LabeledImages.of("one", x, new int[] {1}, List.of())) {
      Certificate certificate =
          RandomizedSmoothing.gaussian(sigma)
              .withSamples(100, 20_000)
              .withBatchSize(5_000)
              .certify(model, images, Run.seed(3))
              .list()
              .get(0);

      assertThat(certificate.label()).isEqualTo(1);
      assertThat(certificate.radius()).isBetween(distance * 0.9, distance);
    }
  }

  @Test
  void imageOnTheBoundaryIsNeitherCertifiedNorPredicted() {
    NDArray x = row(0.5f, 0.75f, 0.5f, 0);
    RandomizedSmoothing smoothing =
        RandomizedSmoothing.gaussian(0.5).withSamples(50, 2_000).withBatchSize(1_000);

    try (LayeredNetwork model = Fixtures.halfSpace(W, -0.5f);
        LabeledImages images = LabeledImages.of("one", x, new int[] {1}, List.of())) {
      assertThat(smoothing.certify(model, images, Run.seed(0)).list().get(0).abstained()).isTrue();
      assertThat(smoothing.predict(model, x, Run.seed(0)))
          .containsExactly(ImageClassifier.Black.REJECTED);
    }
  }

  @Test
  void predictionIsTheClassWithTheVotes() {
    NDArray x = row(0.5f, 0.25f, 0.5f, 0.25f).concat(row(0, 1, 0, 0), 0);

    try (LayeredNetwork model = Fixtures.halfSpace(W, 0)) {
      assertThat(
              RandomizedSmoothing.gaussian(0.3).withSamples(10, 500).predict(model, x, Run.seed(0)))
          .containsExactly(1, 0);
    }
  }

  @Test
  void certificatesDoNotDependOnTheBatchSizeAndRepeatForASeed() {
    RandomizedSmoothing smoothing = RandomizedSmoothing.gaussian(0.5).withSamples(20, 300);
    NDArray x = Fixtures.images(m, 3, new Shape(1, 8, 8), 1);

    try (LayeredNetwork model = Fixtures.convNet(1);
        LabeledImages images = Fixtures.answered(model, x)) {
      List<Certificate> whole =
          smoothing.withBatchSize(300).certify(model, images, Run.seed(5)).list();
      List<Certificate> pieces =
          smoothing.withBatchSize(7).certify(model, images, Run.seed(5)).list();
      List<Certificate> other = smoothing.certify(model, images, Run.seed(6)).list();

      assertThat(pieces).isEqualTo(whole);
      assertThat(other).isNotEqualTo(whole);
    }
  }

  @Test
  void certificationDrawsFreshUnclampedNoiseAndCountsEveryQuery() {
    Recorder recorder = new Recorder();
    NDArray x = row(0.5f, 0.5f, 0.5f, 0.5f).concat(row(0.5f, 0.5f, 0.5f, 0.5f), 0);
    try (LabeledImages images = LabeledImages.of("two", x, new int[] {0, 0}, List.of())) {
      ImageClassifier.Black counted =
          Access.restrict(recorder, ImageClassifier.Black.class, Budget.unlimited());

      RandomizedSmoothing.gaussian(1).withSamples(30, 70).certify(counted, images, Run.seed(0));

      assertThat(Access.usage(counted).queries()).isEqualTo(200);
      Set<List<Float>> distinct = new HashSet<>(recorder.seen);
      assertThat(distinct).hasSize(200);
      assertThat(recorder.seen.stream().flatMap(List::stream).filter(v -> v < 0 || v > 1).count())
          .isGreaterThan(300);
    }
  }

  @Test
  void noAttackWithinTheRadiusChangesThePrediction() {
    RandomizedSmoothing smoothing =
        RandomizedSmoothing.gaussian(0.25).withSamples(50, 1_000).withCopies(16);
    NDArray x = Fixtures.images(m, 6, new Shape(1, 8, 8), 2);

    try (LayeredNetwork model = Fixtures.convNet(4);
        LabeledImages images = Fixtures.answered(model, x)) {
      List<Certificate> certificates = smoothing.certify(model, images, Run.seed(0)).list();
      ImageClassifier.White shield = smoothing.apply(model, Run.seed(9)).model();
      int certified = 0;
      for (int i = 0; i < certificates.size(); i++) {
        Certificate certificate = certificates.get(i);
        if (certificate.abstained()) {
          continue;
        }
        certified++;
        NDArray one = Ops.rows(x, i);
        NDArray label = Fixtures.array(m, certificate.label());
        NDArray attacked =
            Fixtures.ascend(
                shield, one, label, Fixtures.CROSS_ENTROPY, Ball.l2(certificate.radius()), 10);
        assertThat(smoothing.predict(model, attacked, Run.seed(1))[0])
            .isIn(certificate.label(), ImageClassifier.Black.REJECTED);
      }
      assertThat(certified).isGreaterThan(2);
    }
  }

  @Test
  void shieldsGradientIsThatOfTheMeanLogits() {
    NDArray x = Fixtures.images(m, 2, new Shape(1, 8, 8), 3);
    NDArray labels = Fixtures.array(m, 1, 2);

    try (LayeredNetwork model = Fixtures.convNet(2)) {
      ImageClassifier.White shield =
          RandomizedSmoothing.gaussian(0.3)
              .withCopies(5)
              .withBatchSize(4)
              .apply(model, Run.seed(0))
              .model();
      try (var at = shield.gradient(x, labels, Fixtures.CROSS_ENTROPY)) {
        float[] gradient = at.gradient().toFloatArray();
        for (int pixel : new int[] {0, 17, 64, 100}) {
          float[] bump = new float[128];
          bump[pixel] = 1e-2f;
          NDArray step = m.create(bump, x.getShape());
          double up = loss(shield, x.add(step), labels);
          double down = loss(shield, x.sub(step), labels);
          assertThat((double) gradient[pixel]).isCloseTo((up - down) / 2e-2, within(2e-2));
        }
        assertThat(Ops.anyNonZero(at.gradient()).toBooleanArray()).containsOnly(true);
      }
    }
  }

  private static double loss(ImageClassifier.White model, NDArray x, NDArray labels) {
    return Fixtures.CROSS_ENTROPY.values(model.logits(x), labels).sum().getFloat();
  }

  @Test
  void shieldAveragesOverItsCopiesAndNotOverItself() {
    NDArray x = row(0.5f, 0.25f, 0.5f, 0.25f);
    Recorder recorder = new Recorder();

    try (LayeredNetwork model = Fixtures.halfSpace(W, 0)) {
      RandomizedSmoothing smoothing = RandomizedSmoothing.gaussian(0.5).withCopies(3);
      smoothing.apply((ImageClassifier.Black) recorder, Run.seed(0)).model().labels(x);
      float[] logits = smoothing.apply(model, Run.seed(0)).model().logits(x).toFloatArray();

      assertThat(recorder.seen).hasSize(3);
      double mean =
          recorder.seen.stream()
              .mapToDouble(v -> 3 * v.get(0) - 2 * v.get(1) + v.get(2) + 2 * v.get(3))
              .average()
              .orElseThrow();
      assertThat((double) logits[1]).isCloseTo(mean, within(1e-5)).isNotCloseTo(2, within(1e-3));
    }
  }

  @Test
  void shieldIsAFunctionOfTheImageUnlessNoiseIsFresh() {
    NDArray x = Fixtures.images(m, 3, new Shape(1, 8, 8), 3);

    try (LayeredNetwork model = Fixtures.convNet(2)) {
      RandomizedSmoothing smoothing = RandomizedSmoothing.gaussian(0.5).withCopies(4);
      ImageClassifier.White fixed = smoothing.apply(model, Run.seed(0)).model();
      ImageClassifier.White fresh = smoothing.withFreshNoise().apply(model, Run.seed(0)).model();

      assertThat(fixed.logits(x).toFloatArray()).isEqualTo(fixed.logits(x).toFloatArray());
      assertThat(fixed.logits(Ops.rows(x, 2)).toFloatArray())
          .usingComparatorWithPrecision(1e-4f)
          .containsExactly(Ops.rows(fixed.logits(x), 2).toFloatArray());
      assertThat(fresh.logits(x).toFloatArray()).isNotEqualTo(fresh.logits(x).toFloatArray());
    }
  }

  @Test
  void votesDecideLabelsOfABlackBox() {
    NDArray x = row(0.5f, 0.25f, 0.5f, 0.25f).concat(row(0, 1, 0, 0), 0);

    try (LayeredNetwork model = Fixtures.halfSpace(W, 0)) {
      ImageClassifier.Black shield =
          RandomizedSmoothing.gaussian(0.2)
              .withCopies(51)
              .apply((ImageClassifier.Black) model, Run.seed(0))
              .model();
      assertThat(shield.labels(x)).containsExactly(1, 0);
      assertThat(shield).isNotInstanceOf(ImageClassifier.Gray.class);
    }
  }

  /**
   * The adaptive attack: gradients of the mean. The control is the same attack on the bare model;
   * noise of the same length must not do it.
   */
  @Test
  void gradientsOfTheMeanBreakTheShield() {
    NDArray x = Fixtures.images(m, 24, new Shape(1, 8, 8), 6);
    Ball ball = Ball.l2(1);

    try (LayeredNetwork model = Fixtures.convNet(3)) {
      ImageClassifier.White shield =
          RandomizedSmoothing.gaussian(0.25).withCopies(8).apply(model, Run.seed(0)).model();
      int[] labels = shield.labels(x);
      NDArray y = Fixtures.array(m, labels);
      NDArray noise = Fixtures.images(m, 24, new Shape(1, 8, 8), 7).sub(0.5f).mul(10);

      NDArray adaptive = Fixtures.ascend(shield, x, y, Fixtures.CROSS_ENTROPY, ball, 10);
      NDArray control = Fixtures.ascend(model, x, y, Fixtures.CROSS_ENTROPY, ball, 10);

      assertThat(Fixtures.accuracy(shield, ball.project(x.add(noise), x), labels))
          .isGreaterThan(0.7);
      assertThat(Fixtures.accuracy(model, control, labels)).isLessThan(0.2);
      assertThat(Fixtures.accuracy(shield, adaptive, labels)).isLessThan(0.3);
    }
  }

  @Test
  void refusesRungsOfOtherFamiliesAndStopsWhenCancelled() {
    CancelToken cancelled = new CancelToken();
    cancelled.cancel();
    NDArray x = row(0.5f, 0.5f, 0.5f, 0.5f);

    try (LayeredNetwork model = Fixtures.halfSpace(W, 0)) {
      RandomizedSmoothing smoothing = RandomizedSmoothing.gaussian(0.5);
      assertThatThrownBy(() -> smoothing.predict(model, x, Run.seed(0).withCancel(cancelled)))
          .isInstanceOf(RunCancelled.class);
      assertThat(smoothing.keeps(model)).isEqualTo(ImageClassifier.White.class);
      assertThatThrownBy(
              () ->
                  smoothing.<ImageClassifier.White>apply(
                      model, cast(VisionTransformer.White.class), Run.seed(0)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cannot offer");
    }
  }

  @SuppressWarnings("unchecked")
  private static Class<ImageClassifier.White> cast(Class<?> rung) {
    return (Class<ImageClassifier.White>) rung;
  }

  /** Answers class 0 and remembers what it was asked. */
  private static final class Recorder implements ImageClassifier.Black {
    final List<List<Float>> seen = new ArrayList<>();

    @Override
    public int[] labels(NDArray images) {
      int n = (int) images.getShape().get(0);
      float[] all = images.toFloatArray();
      int size = all.length / n;
      for (int i = 0; i < n; i++) {
        List<Float> row = new ArrayList<>();
        for (int j = 0; j < size; j++) {
          row.add(all[i * size + j]);
        }
        seen.add(row);
      }
      return new int[n];
    }

    @Override
    public int classes() {
      return 2;
    }

    @Override
    public ModelCard card() {
      return ModelCard.named("recorder");
    }

    @Override
    public void close() {}
  }
}
