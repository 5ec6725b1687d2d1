package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class ApgdTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Apgd.linf(0.06).withSteps(30);
  }

  /**
   * Oracles 1 and 3: on a linear model a sample falls exactly when the ball reaches its boundary,
   * so success just above its distance and none just below.
   */
  @Test
  void fallsExactlyWhereTheBoundaryIsReached() {
    try (LinearClassifier model = Linear.multiclass(5, 1);
        LabeledImages images = Linear.images(model, 6)) {
      float[] x = images.images().toFloatArray();
      for (Norm norm : new Norm[] {Norm.LINF, Norm.L2}) {
        for (int i = 0; i < 4; i++) {
          double distance = model.distance(Linear.image(x, i), images.labels()[i], norm);
          if (distance > 0.15) {
            continue;
          }
          try (LabeledImages one = images.subset(new int[] {i});
              EvasionResult above = in(norm, 1.01 * distance).run(model, one, Run.seed(0));
              EvasionResult below = in(norm, 0.99 * distance).run(model, one, Run.seed(0))) {
            assertThat(above.sample(0).success()).as("%s %d", norm, i).isTrue();
            assertThat(below.sample(0).success()).as("%s %d", norm, i).isFalse();
          }
        }
      }
    }
  }

  private static Apgd in(Norm norm, double epsilon) {
    return Apgd.targeted(new Ball(norm, epsilon)).withSteps(40);
  }

  @Test
  void theBestLossNeverFalls() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 10, 1);
        EvasionResult result = Apgd.linf(0.01).run(model, images, Run.seed(0))) {
      result.traces().forEach(trace -> assertThat(trace.values()).isSorted().hasSizeGreaterThan(1));
    }
  }

  @Test
  void isAtLeastAsStrongAsPgdOfTheSameLength() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 50, 2)) {
      for (Ball ball : new Ball[] {Ball.linf(0.015), Ball.l2(0.06)}) {
        try (EvasionResult apgd =
                Apgd.linf(0.1).withBall(ball).withSteps(50).run(model, images, Run.seed(0));
            EvasionResult pgd =
                Pgd.linf(0.1)
                    .withBall(ball)
                    .withStepShare(0.02)
                    .withSteps(50)
                    .run(model, images, Run.seed(0))) {
          assertThat(apgd.successRate().successes())
              .isGreaterThanOrEqualTo(pgd.successRate().successes());
          assertThat(apgd.successRate().successes()).isBetween(5L, 45L);
        }
      }
    }
  }

  @Test
  void targetedAndRatioLossesFindWhatCrossEntropyFinds() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 60, 2);
        EvasionResult ce = Apgd.linf(0.03).withSteps(40).run(model, images, Run.seed(0));
        EvasionResult dlr =
            Apgd.linf(0.03).withSteps(40).withLoss(Loss.DLR).run(model, images, Run.seed(0));
        EvasionResult targeted =
            Apgd.targeted(Ball.linf(0.03)).withSteps(40).run(model, images, Run.seed(0))) {
      long found = ce.successRate().successes();
      assertThat(found).isGreaterThan(5);
      assertThat(dlr.successRate().successes()).isBetween(found - 2, found + 4);
      assertThat(targeted.successRate().successes()).isBetween(found, found + 4);
    }
  }

  @Test
  void drawsAreAveragedAndPaidFor() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 4, 1);
        EvasionResult result =
            Apgd.linf(0.001).withSteps(5).withDraws(3).run(model, images, Run.seed(0))) {
      assertThat(result.queries()).containsOnly(1 + 3 * (5 + 1));
    }
  }

  @Test
  void targetClassesWantTheRatioLoss() {
    assertThatThrownBy(() -> Apgd.linf(0.1).withTargetClasses(3))
        .hasMessage("loss must be DLR where there are target classes, was CROSS_ENTROPY");
  }
}
