package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.engine.perturb.Start;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.QuantisedClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class PgdTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Pgd.linf(0.06).withSteps(25).withStepShare(0.1).withRestarts(2);
  }

  private static double[] dropsOf(Pgd attack) {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 6);
        EvasionResult result = attack.run(model, images, Run.seed(4))) {
      return Linear.drops(model, images, result);
    }
  }

  /** Oracle 1: the optimum lowers a linear margin by epsilon times the dual norm of the weights. */
  @Test
  void reachesTheOptimumOnLinearModelsInEveryNorm() {
    double[] w = Linear.weights(1);
    Pgd[] attacks = {Pgd.linf(0.1), Pgd.l2(0.15), Pgd.l1(0.15)};
    for (Pgd attack : attacks) {
      Ball ball = attack.ball();
      double best = ball.epsilon() * LinearClassifier.dual(w, ball.norm());
      for (double drop : dropsOf(attack.withSteps(30).withFinish(Finish.LAST_IMAGE))) {
        assertThat(drop).as(ball.toString()).isCloseTo(best, offset(2e-3 * best));
      }
    }
  }

  /** Oracle 2: enough steps from any start end in the same corner. */
  @Test
  void everyStartEndsInTheSameCorner() {
    double[] w = Linear.weights(2);
    try (LinearClassifier model = Linear.binary(2);
        LabeledImages images = Linear.images(model, 4)) {
      float[] x = images.images().toFloatArray();
      for (long seed = 0; seed < 5; seed++) {
        Pgd attack = Pgd.linf(0.1).withSteps(8).withFinish(Finish.LAST_IMAGE);
        try (EvasionResult result = attack.run(model, images, Run.seed(seed))) {
          float[] y = result.adversarials().toFloatArray();
          for (int i = 0; i < y.length; i++) {
            int towards = images.labels()[i / Linear.D] == 1 ? -1 : 1;
            double corner = x[i] + towards * 0.1 * Math.signum(w[i % Linear.D]);
            assertThat((double) y[i]).isCloseTo(corner, offset(1e-6));
          }
        }
      }
    }
  }

  /** Oracle 11: without a step from the original nothing changes, bit for bit. */
  @Test
  void noStepsChangeNothing() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 5, 1);
        EvasionResult result =
            Pgd.linf(0.1).withSteps(0).withStart(Start.ORIGINAL).run(model, images, Run.seed(0))) {
      assertThat(result.adversarials().toFloatArray())
          .containsExactly(images.images().toFloatArray());
      assertThat(result.successRate().successes()).isZero();
    }
  }

  /** Oracle 12: a staircase has no gradient, which is reported; through its BPDA view it falls. */
  @Test
  void maskedGradientsAreReportedAndBpdaRestoresTheOptimum() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 6)) {
      QuantisedClassifier staircase = QuantisedClassifier.of(model, 256);
      Pgd attack = Pgd.linf(0.1).withStart(Start.ORIGINAL).withFinish(Finish.LAST_IMAGE);
      try (EvasionResult masked = attack.run(staircase, images, Run.seed(0));
          EvasionResult bpda = attack.run(staircase.bpda(), images, Run.seed(0))) {
        assertThat(masked.warnings())
            .singleElement()
            .asString()
            .contains("masked gradients")
            .contains("6 of 6");
        assertThat(masked.successRate().successes()).isZero();
        assertThat(bpda.warnings()).isEmpty();
        double best = 0.1 * LinearClassifier.dual(Linear.weights(1), Norm.LINF);
        assertThat(Linear.drops(model, images, bpda)[0]).isCloseTo(best, offset(1e-3));
      }
    }
  }

  /** Oracle 15: with two classes the other one is the only target. */
  @Test
  void withTwoClassesTargetedIsUntargeted() {
    try (LinearClassifier model = Linear.binary(3);
        LabeledImages images = Linear.images(model, 8)) {
      Pgd untargeted = Pgd.linf(0.08).withFinish(Finish.LAST_IMAGE);
      Pgd targeted = untargeted.withTarget(Target.rank(1));
      try (EvasionResult a = untargeted.run(model, images, Run.seed(0));
          EvasionResult b = targeted.run(model, images, Run.seed(0))) {
        assertThat(b.adversarials().toFloatArray())
            .usingComparatorWithPrecision(1e-6f)
            .containsExactly(a.adversarials().toFloatArray());
        assertThat(b.successes()).containsExactly(a.successes());
      }
    }
  }

  @Test
  void reachesTheClassThatIsWanted() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 30, 1);
        EvasionResult result =
            Pgd.linf(0.3)
                .withSteps(40)
                .withStepShare(0.1)
                .withTarget(Target.of(2))
                .run(model, images, Run.seed(0))) {
      int[] answers = model.labels(result.adversarials());
      int wanted = 0;
      for (int i = 0; i < answers.length; i++) {
        if (images.labels()[i] == 2) {
          assertThat(result.sample(i).success()).isFalse();
          assertThat(result.sample(i).distance()).isZero();
        } else {
          wanted += answers[i] == 2 ? 1 : 0;
          assertThat(result.sample(i).success()).isEqualTo(answers[i] == 2);
        }
      }
      assertThat(wanted).isGreaterThan(15);
    }
  }

  /** Oracle 19: what counts is the image that can be saved. */
  @Test
  void mostSuccessesSurviveRoundingToEightBits() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 40, 1);
        EvasionResult result =
            Pgd.linf(8 / 255.0)
                .withSteps(40)
                .withLoss(Loss.MARGIN)
                .withFinish(Finish.HIGHEST_LOSS)
                .run(model, images, Run.seed(0));
        Scope scope = Scope.open()) {
      NDArray saved = Ops.quantise(result.adversarials(), 255);
      int[] answers = model.labels(saved);
      long survived = 0;
      for (int i = 0; i < answers.length; i++) {
        survived += result.sample(i).success() && answers[i] != images.labels()[i] ? 1 : 0;
      }
      long before = result.successRate().successes();
      assertThat(before).isPositive();
      assertThat(survived).isGreaterThanOrEqualTo((long) Math.ceil(0.9 * before));
      assertThat(survived).isLessThanOrEqualTo(before);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"CROSS_ENTROPY", "MARGIN", "DLR"})
  void everyLossLands(String name) {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 20, 1);
        EvasionResult result =
            Pgd.linf(0.12).withLoss(Loss.valueOf(name)).run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isGreaterThan(14);
    }
  }

  @Test
  void moreRestartsNeverDoWorse() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 30, 1)) {
      Pgd once = Pgd.linf(0.04).withSteps(3);
      try (EvasionResult one = once.run(model, images, Run.seed(0));
          EvasionResult ten = once.withRestarts(10).run(model, images, Run.seed(0))) {
        for (int i = 0; i < images.size(); i++) {
          assertThat(ten.sample(i).success() || !one.sample(i).success()).isTrue();
        }
        long most = Arrays.stream(ten.queries()).max().orElseThrow();
        assertThat(most).isEqualTo(1 + 10 * (3 + 1));
      }
    }
  }

  @Test
  void highestLossKeepsTheBestImageSeen() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 10, 1)) {
      // Steps of twice epsilon jump about, so that the last image is rarely the best.
      Pgd wild = Pgd.linf(0.3).withSteps(9).withStepShare(2).withFinish(Finish.HIGHEST_LOSS);
      try (EvasionResult result = wild.run(model, images, Run.seed(0));
          Scope scope = Scope.open()) {
        float[] values =
            org.safety4j.core.attack.CrossEntropy.untargeted()
                .values(model.logits(result.adversarials()), images.labelArray())
                .toFloatArray();
        for (int i = 0; i < values.length; i++) {
          double[] seen = result.traces().get(i).values();
          assertThat((double) values[i]).isGreaterThanOrEqualTo(seen[seen.length - 1] - 1e-5);
        }
      }
    }
  }

  @Test
  void wrongSettingsAreExplained() {
    assertThatThrownBy(() -> Pgd.linf(-1))
        .hasMessage("epsilon must be in (0, 1] for Linf on [0,1] images, was -1.0");
    assertThatThrownBy(() -> Pgd.linf(0)).hasMessageContaining("write 8 / 255.0");
    assertThatThrownBy(() -> Pgd.linf(0.1).withSteps(-1))
        .hasMessage("steps must be at least 0, was -1");
    assertThatThrownBy(() -> Pgd.linf(0.1).withStepShare(3))
        .hasMessage("stepShare must be in (0, 2] times epsilon, was 3.0");
    assertThatThrownBy(() -> Pgd.linf(0.1).withBall(new Ball(Norm.L0, 4)))
        .hasMessage("norm must be one of [LINF, L2, L1], was L0");
  }

  @Test
  void theRecordPrintsAsItsConfiguration() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 2, 1);
        EvasionResult result = Pgd.linf(0.1).run(model, images, Run.seed(0))) {
      assertThat(result.provenance().config())
          .contains("ball=LINF 0.1")
          .contains("steps=20")
          .contains("target=any");
    }
  }
}
