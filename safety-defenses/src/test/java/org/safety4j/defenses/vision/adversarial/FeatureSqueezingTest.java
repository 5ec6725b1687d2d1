package org.safety4j.defenses.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.defense.Detector;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.metric.Roc;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.Fixtures;
import org.safety4j.defenses.SmallDigits;
import org.safety4j.defenses.engine.certify.LayeredNetwork;
import org.safety4j.defenses.engine.detect.ImageDetector;
import org.safety4j.defenses.engine.purify.BitDepthTransform;
import org.safety4j.defenses.engine.purify.NonLocalMeansTransform;
import org.safety4j.testkit.DefenseContract;
import org.safety4j.testkit.DetectorContract;

class FeatureSqueezingTest {
  private static SmallDigits digits;
  private static NDManager shared;
  private static NDArray attacked;

  private NDManager m;

  @BeforeAll
  static void train() {
    digits = SmallDigits.open(800, 15);
    shared = Tensors.newManager();
    LabeledImages test = digits.test();
    // Small steps out of the class, as the attacks do that the detector was made for.
    attacked =
        Fixtures.ascend(
            digits.model(),
            test.images(),
            test.labelArray(),
            CrossEntropy.untargeted(),
            Ball.linf(0.12),
            10);
    attacked.attach(shared);
  }

  @AfterAll
  static void free() {
    shared.close();
    digits.close();
  }

  @BeforeEach
  void open() {
    m = Tensors.newManager();
  }

  @AfterEach
  void close() {
    m.close();
  }

  private static FeatureSqueezing squeezing() {
    return FeatureSqueezing.of(new NonLocalMeansTransform(5, 3, 0.15));
  }

  /** One pixel; logits 0 and 4 (x - 0.5); one bit moves 0.6 to 1. */
  @Test
  void scoreIsTheLargestL1GapOfTheProbabilities() {
    NDArray x = m.create(new float[] {0.6f, 1}, new Shape(2, 1, 1, 1));
    double p = 1 / (1 + Math.exp(-0.4));
    double q = 1 / (1 + Math.exp(-2));

    try (LayeredNetwork model = Fixtures.halfSpace(new float[] {4}, -2)) {
      double[] scores =
          FeatureSqueezing.of(new BitDepthTransform(8), new BitDepthTransform(1))
              .detector(model)
              .score(x);

      assertThat(scores[0]).isCloseTo(2 * (q - p), within(1e-6));
      assertThat(scores[1]).isCloseTo(0, within(1e-6));
    }
  }

  @Test
  void attackedDigitsScoreHigherThanBenignOnes() {
    ImageDetector detector = squeezing().detector(digits.model());
    LabeledImages test = digits.test();
    Roc roc = Roc.of(detector.score(test.images()), detector.score(attacked));

    assertThat(Fixtures.accuracy(digits.model(), test.images(), test.labels())).isGreaterThan(0.9);
    assertThat(Fixtures.accuracy(digits.model(), attacked, test.labels())).isLessThan(0.3);
    assertThat(roc.area()).isGreaterThan(0.8);
    double[] same =
        FeatureSqueezing.of(images -> Ops.copy(images)).detector(digits.model()).score(attacked);
    assertThat(same).containsOnly(0);
  }

  @Test
  void shieldRejectsSuspiciousImagesAndAnswersTheOthers() {
    LabeledImages benign = digits.train();
    try (Protected<ImageClassifier.Black> shield =
        squeezing()
            .withFalsePositiveRate(0.1)
            .apply(digits.model(), Run.seed(0).withData(benign))) {
      assertThat(shield.model()).isNotInstanceOf(ImageClassifier.Gray.class);
      assertThat(rejected(shield.model(), benign.images())).isBetween(0.05, 0.1);
      assertThat(rejected(shield.model(), attacked)).isGreaterThan(0.5);
      int[] answers = shield.model().labels(digits.test().images());
      int[] bare = digits.model().labels(digits.test().images());
      for (int i = 0; i < bare.length; i++) {
        assertThat(answers[i]).isIn(bare[i], ImageClassifier.Black.REJECTED);
      }
    }
  }

  private static double rejected(ImageClassifier.Black model, NDArray images) {
    int[] labels = model.labels(images);
    int count = 0;
    for (int label : labels) {
      count += label == ImageClassifier.Black.REJECTED ? 1 : 0;
    }
    return (double) count / labels.length;
  }

  /** The share of images that get an answer which is neither right nor a rejection. */
  private static double fooled(ImageClassifier.Black model, NDArray images, int[] labels) {
    int[] answers = model.labels(images);
    int count = 0;
    for (int i = 0; i < labels.length; i++) {
      count += answers[i] != labels[i] && answers[i] != ImageClassifier.Black.REJECTED ? 1 : 0;
    }
    return (double) count / labels.length;
  }

  /**
   * The adaptive attack goes for another class with model and detector at once. Control: the plain
   * attack of the same size, which the detector mostly stops.
   */
  @Test
  void attackOnModelAndDetectorTogetherPassesTheDetector() {
    LabeledImages test = digits.test();
    FeatureSqueezing squeezing = squeezing().withFalsePositiveRate(0.1);
    double threshold =
        squeezing.detector(digits.model()).calibrated(digits.train().images(), 0.1).threshold();
    FeatureSqueezing calibrated = squeezing.withThreshold(threshold);
    ImageClassifier.Black shield = calibrated.apply(digits.model(), Run.seed(0)).model();
    ImageClassifier.White view = calibrated.targetedView(digits.model());

    NDArray adaptive =
        Fixtures.ascend(
            view,
            test.images(),
            Ops.index(m, runnersUp(test)),
            CrossEntropy.targeted(),
            Ball.linf(0.12),
            40);

    ImageClassifier.White leaving = calibrated.adaptiveView(digits.model(), Run.seed(0));
    NDArray untargeted =
        Fixtures.ascendUntilWrong(
            leaving, test.images(), test.labels(), CrossEntropy.untargeted(), Ball.linf(0.12), 20);

    assertThat(leaving.labels(untargeted)).isEqualTo(shield.labels(untargeted));
    assertThat(view.labels(adaptive)).isEqualTo(shield.labels(adaptive));
    double plain = fooled(shield, attacked, test.labels());
    assertThat(plain).isLessThan(0.4);
    assertThat(fooled(shield, untargeted, test.labels())).isGreaterThan(plain + 0.08);
    assertThat(fooled(shield, adaptive, test.labels())).isGreaterThan(plain + 0.2);
  }

  private int[] runnersUp(LabeledImages images) {
    long[] order = Ops.topKIndices(digits.model().logits(images.images()), 2).toLongArray();
    int[] labels = images.labels();
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (int) (order[2 * i] == labels[i] ? order[2 * i + 1] : order[2 * i]);
    }
    return labels;
  }

  /** The straight-through part is left out by squeezers that have gradients of their own. */
  @Test
  void gradientOfTheAdaptiveViewMatchesFiniteDifferences() {
    NDArray x = Fixtures.images(m, 2, new Shape(1, 8, 8), 3);
    NDArray labels = Fixtures.array(m, 4, 1);
    FeatureSqueezing squeezing =
        FeatureSqueezing.of(images -> Ops.copy(images), new Halving()).withThreshold(0.1);

    try (LayeredNetwork model = Fixtures.convNet(1)) {
      ImageClassifier.White view = squeezing.targetedView(model);
      assertThat(view.classes()).isEqualTo(5);
      try (var at = view.gradient(x, labels, CrossEntropy.untargeted())) {
        NDArray direction = at.gradient().div(at.gradient().norm());
        double h = 1e-3;
        double up = loss(view, x.add(direction.mul((float) h)), labels);
        double down = loss(view, x.sub(direction.mul((float) h)), labels);
        double slope = at.gradient().mul(direction).sum().getFloat();
        assertThat((up - down) / (2 * h)).isCloseTo(slope, within(0.03 * slope));
      }
    }
  }

  private static double loss(ImageClassifier.White model, NDArray x, NDArray labels) {
    return CrossEntropy.untargeted().values(model.logits(x), labels).sum().getFloat();
  }

  /** Differentiable. */
  private static final class Halving implements org.safety4j.defenses.engine.purify.ImageTransform {
    @Override
    public NDArray apply(NDArray images) {
      return images.mul(0.5f);
    }

    @Override
    public boolean isDifferentiable() {
      return true;
    }
  }

  @Test
  void refusesModelsWithoutScoresRunsWithoutDataAndHigherRungs() {
    ImageClassifier.Black labelsOnly =
        BitDepth.bits(8).apply((ImageClassifier.Black) digits.model(), Run.seed(0)).model();

    assertThatThrownBy(() -> squeezing().apply(labelsOnly, Run.seed(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs GRAY_BOX access");
    assertThatThrownBy(() -> squeezing().apply(digits.model(), Run.seed(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("run.withData");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> squeezing().apply(digits.model(), ImageClassifier.White.class, Run.seed(0)))
        .withMessageContaining("core-feature-squeezing cannot offer");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> squeezing().withThreshold(3))
        .withMessageContaining("threshold must be in [0, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> squeezing().targetedView(digits.model()))
        .withMessageContaining("threshold must be finite");
  }

  @Nested
  class Contract extends DefenseContract {
    @Override
    protected Defense<?, ?> defense() {
      return FeatureSqueezing.defaults();
    }
  }

  @Nested
  class Detection extends DetectorContract<NDArray> {
    @Override
    protected Detector<NDArray> detector() {
      return squeezing().detector(digits.model());
    }

    @Override
    protected NDArray benign() {
      return digits.test().images();
    }

    @Override
    protected NDArray suspicious() {
      return attacked;
    }

    @Override
    protected NDArray slice(NDArray batch, int from, int to) {
      int[] rows = new int[to - from];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = from + i;
      }
      return Ops.rows(batch, rows);
    }
  }
}
