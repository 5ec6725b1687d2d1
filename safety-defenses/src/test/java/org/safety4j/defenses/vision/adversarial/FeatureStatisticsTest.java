package org.safety4j.defenses.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.safety4j.attacks.vision.adversarial.Fgsm;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.defense.Detector;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.metric.Roc;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.defenses.engine.detect.ImageDetector;
import org.safety4j.defenses.engine.detect.LayerScore;
import org.safety4j.defenses.engine.detect.TiedGaussians;
import org.safety4j.testkit.DefenseContract;
import org.safety4j.testkit.DetectorContract;

/** On the zoo's network for digits, which standard training made. */
class FeatureStatisticsTest {
  private static final double EPSILON = 0.1;
  private static final double LARGE = 0.2;

  private static ImageClassifier.White model;
  private static LabeledImages held;
  private static LabeledImages test;
  private static LabeledImages fooling;
  private static FeatureStatistics.Fitted fitted;

  @BeforeAll
  static void open() {
    model = Zoo.digitsCnn().open();
    held = Digits.train().first(800).open();
    test = Digits.test().first(100).open();
    fitted = mahalanobis().fit(model, held, Run.seed(0));
    fooling = fooling(Pgd.linf(EPSILON).withSteps(20));
  }

  @AfterAll
  static void close() {
    fooling.close();
    test.close();
    held.close();
    model.close();
  }

  private static FeatureStatistics mahalanobis() {
    return FeatureStatistics.mahalanobis().withEpsilon(EPSILON).withNoise(0);
  }

  /** The adversarial images of an attack that succeeded. */
  private static LabeledImages fooling(EvasionAttack<? super ImageClassifier.White> attack) {
    try (EvasionResult result = attack.run(model, test, Run.seed(0));
        LabeledImages all = test.withImages(result.adversarials())) {
      boolean[] won = result.successes();
      return all.subset(IntStream.range(0, won.length).filter(i -> won[i]).toArray());
    }
  }

  private static double area(FeatureStatistics.Fitted by, NDArray suspicious) {
    ImageDetector detector = by.detector(model);
    return Roc.of(detector.score(test.images()), detector.score(suspicious)).area();
  }

  private static NDArray noisy() {
    return Ops.clamp(
        test.images()
            .add(
                Run.seed(5)
                    .rng()
                    .signs(test.manager(), test.ids(), Tensors.elementShape(test.images()))
                    .mul((float) EPSILON)),
        0,
        1);
  }

  /** Fitted to the fast gradient sign method; control: noise of the same size is no attack. */
  @Test
  void attackedImagesScoreHigherAndNoisyOnesHardly() {
    try (LabeledImages byFgsm = fooling(Fgsm.linf(EPSILON));
        Scope scope = Scope.open()) {
      assertThat(fooling.size()).isGreaterThan(20);
      assertThat(byFgsm.size()).isGreaterThan(10);
      assertThat(area(fitted, fooling.images())).isGreaterThan(0.95);
      assertThat(area(fitted, byFgsm.images())).isGreaterThan(0.95);
      assertThat(area(fitted, test.images())).isCloseTo(0.5, within(1e-9));
      assertThat(area(fitted, noisy())).isLessThan(0.85);
    }
  }

  /** Without the classes the distances mean nothing: labels in a wrong order must cost most. */
  @Test
  void shuffledLabelsLoseTheSignal() {
    int[] shifted = held.labels();
    int[] order = Run.seed(3).rng().permutation(shifted.length);
    int[] shuffled = Arrays.stream(order).map(i -> shifted[i]).toArray();
    try (Scope scope = Scope.open()) {
      NDArray features = LayerScore.features(model, held.images(), "pooled");
      NDArray benign = LayerScore.features(model, test.images(), "pooled");
      NDArray attacked = LayerScore.features(model, fooling.images(), "pooled");
      double right = area(features, held.labels(), benign, attacked);
      double wrong = area(features, shuffled, benign, attacked);
      assertThat(right).isGreaterThan(0.9);
      assertThat(wrong).isLessThan(right - 0.1);
    }
  }

  private static double area(NDArray features, int[] labels, NDArray benign, NDArray attacked) {
    TiedGaussians gaussians = TiedGaussians.fit(features, labels, 10, 0.001);
    return Roc.of(gaussians.of(benign).toDoubleArray(), gaussians.of(attacked).toDoubleArray())
        .area();
  }

  @Test
  void neighbourhoodsTellAttacksToo() {
    FeatureStatistics.Fitted lid =
        FeatureStatistics.lid().withEpsilon(EPSILON).fit(model, held, Run.seed(0));
    assertThat(area(lid, fooling.images())).isGreaterThan(0.85);
    FeatureStatistics.Fitted both =
        FeatureStatistics.both().withNoise(0).withEpsilon(EPSILON).fit(model, held, Run.seed(0));
    assertThat(both.scores()).hasSize(2 * model.layers().size());
    assertThat(area(both, fooling.images())).isGreaterThan(0.95);
  }

  /** Moving the image lowers its distance, and the score stays one of the same images. */
  @Test
  void preprocessingLowersTheDistance() {
    LayerScore plain = fitted.scores().get(2);
    LayerScore moved = new LayerScore(plain.layer(), plain.statistic(), 0.002);
    try (Scope scope = Scope.open()) {
      double[] before = plain.of(model, test.images()).toDoubleArray();
      double[] after = moved.of(model, test.images()).toDoubleArray();
      int lower = 0;
      for (int i = 0; i < before.length; i++) {
        lower += after[i] < before[i] ? 1 : 0;
      }
      assertThat(lower).isGreaterThan(95);
    }
  }

  private static int[] answers(ImageClassifier.Black shield, NDArray images) {
    int[] answers = shield.labels(images);
    int right = 0;
    int rejected = 0;
    int[] labels = test.labels();
    for (int i = 0; i < answers.length; i++) {
      right += answers[i] == labels[i] ? 1 : 0;
      rejected += answers[i] == ImageClassifier.Black.REJECTED ? 1 : 0;
    }
    return new int[] {right, rejected, answers.length - right - rejected};
  }

  /**
   * The plain attack of this size fools the bare model on every image, and the shield on hardly
   * any; the attack that knows the detector fools the shield on many.
   */
  @Test
  void attackOnModelAndDetectorTogetherPassesTheDetector() {
    FeatureStatistics defense = mahalanobis();
    Run run = Run.seed(0).withData(held);
    ImageClassifier.White view = defense.adaptiveView(model, run);
    try (Protected<ImageClassifier.Black> shield = defense.apply(model, run);
        EvasionResult plain = Pgd.linf(LARGE).withSteps(20).run(model, test, Run.seed(0));
        EvasionResult adaptive = Pgd.linf(LARGE).withSteps(25).run(view, test, Run.seed(0))) {
      assertThat(shield.model()).isNotInstanceOf(ImageClassifier.Gray.class);
      int[] clean = answers(shield.model(), test.images());
      assertThat(clean[0]).isGreaterThanOrEqualTo(80);
      assertThat(clean[1]).isBetween(1, 20);
      assertThat(answers(model, plain.adversarials())[2]).isGreaterThan(95);
      assertThat(answers(shield.model(), plain.adversarials())[2]).isLessThan(15);
      assertThat(answers(shield.model(), adaptive.adversarials())[2])
          .isGreaterThan(25); // 39 when measured
    }
  }

  @Test
  void viewsAnswerAsTheShieldAndGiveItsGradient() {
    ImageClassifier.White towards = fitted.targetedView(model);
    ImageDetector detector = fitted.detector(model);
    boolean[] rejected = detector.detect(fooling.images());
    int[] bare = model.labels(fooling.images());
    int[] seen = towards.labels(fooling.images());
    assertThat(fitted.adaptiveView(model).labels(fooling.images())).isEqualTo(seen);
    for (int i = 0; i < seen.length; i++) {
      assertThat(seen[i]).isEqualTo(rejected[i] ? ImageClassifier.Black.REJECTED : bare[i]);
    }
    try (LabeledImages one = fooling.first(1);
        Scope scope = Scope.open();
        var at = towards.gradient(one.images(), one.labelArray(), CrossEntropy.untargeted())) {
      NDArray direction = at.gradient().div(at.gradient().norm());
      double h = 5e-4;
      double up = loss(towards, one.images().add(direction.mul((float) h)), one.labelArray());
      double down = loss(towards, one.images().sub(direction.mul((float) h)), one.labelArray());
      double slope = at.gradient().mul(direction).sum().getFloat();
      assertThat((up - down) / (2 * h)).isCloseTo(slope, within(0.05 * slope));
    }
  }

  private static double loss(ImageClassifier.White of, NDArray x, NDArray labels) {
    return CrossEntropy.untargeted().values(of.logits(x), labels).sum().getFloat();
  }

  @Test
  void sameSeedFitsTheSameAndAnotherSplitsDifferently() {
    FeatureStatistics few = mahalanobis().withLayers("pooled");
    double[] first = few.fit(model, held, Run.seed(0)).regression().weights();
    assertThat(few.fit(model, held, Run.seed(0)).regression().weights()).containsExactly(first);
    assertThat(few.fit(model, held, Run.seed(1)).regression().weights()).isNotEqualTo(first);
  }

  @Test
  void leaksNothing() {
    FeatureStatistics few = mahalanobis().withLayers("pooled").withNoise(0.001);
    few.fit(model, held, Run.seed(0)).detector(model).score(test.images());
    int before = Tensors.liveArrays();
    FeatureStatistics.Fitted again = few.fit(model, held, Run.seed(0));
    again.detector(model).score(test.images());
    ImageClassifier.White view = again.adaptiveView(model);
    view.labels(test.images());
    view.gradient(test.images(), test.labelArray(), CrossEntropy.untargeted()).close();
    assertThat(Tensors.liveArrays()).isEqualTo(before);
  }

  @Test
  void saysWhatIsMissing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mahalanobis().apply(model, Run.seed(0)))
        .withMessageContaining("run.withData");
    ImageClassifier.Gray scores = ImageClassifier.gray(10, x -> new float[0][]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mahalanobis().apply(scores, Run.seed(0)))
        .withMessageContaining("needs WHITE_BOX access");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mahalanobis().withEpsilon(0.001).fit(model, held, Run.seed(0)))
        .withMessageContaining("too few to learn from; give a larger epsilon");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mahalanobis().withLayers("pool").fit(model, held, Run.seed(0)))
        .withMessageContaining("there are [stem, stage.0, stage.1, pooled]");
    try (LabeledImages few = held.first(100)) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  mahalanobis().withLayers("pooled").withShrinkage(0).fit(model, few, Run.seed(0)))
          .withMessageContaining(
              "layer pooled: the covariance of 64 features is singular: 50 rows");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mahalanobis().withNeighbours(2))
        .withMessageContaining("neighbours");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FeatureStatistics(List.of(), List.of(), 0, 0, 5, 0.1, 1, 0.05))
        .withMessageContaining("statistics");
  }

  @Nested
  class Contract extends DefenseContract {
    @Override
    protected Defense<?, ?> defense() {
      return FeatureStatistics.mahalanobis();
    }
  }

  @Nested
  class Detection extends DetectorContract<NDArray> {
    @Override
    protected Detector<NDArray> detector() {
      return fitted.detector(model);
    }

    @Override
    protected NDArray benign() {
      return test.images();
    }

    @Override
    protected NDArray suspicious() {
      return fooling.images();
    }

    @Override
    protected NDArray slice(NDArray batch, int from, int to) {
      return Ops.rows(batch, IntStream.range(from, to).toArray());
    }
  }
}
