package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.QuantisedClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class AutoAttackTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return AutoAttack.standard(0.03).withSteps(8).withQueries(20);
  }

  private static AutoAttack brief(AutoAttack.Version version, Ball ball) {
    return AutoAttack.of(version, ball).withSteps(15).withQueries(60);
  }

  @Test
  void noMemberAloneFindsMore() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 40, 2)) {
      for (Ball ball : new Ball[] {Ball.linf(0.012), Ball.l2(0.06)}) {
        AutoAttack all = brief(AutoAttack.Version.PLUS, ball);
        try (EvasionResult result = all.run(model, images, Run.seed(0))) {
          assertThat(result.successRate().successes()).isBetween(3L, 38L);
          for (EvasionAttack<?> member : all.members(4)) {
            try (EvasionResult alone = run(member, model, images, Run.seed(0))) {
              assertThat(alone.successRate().successes())
                  .as(member.info().id())
                  .isLessThanOrEqualTo(result.successRate().successes() + 1);
            }
          }
        }
      }
    }
  }

  /** Oracle 3: verdicts on a linear model are those of the exact distances. */
  @Test
  void verdictsAreExactOnLinearModels() {
    try (LinearClassifier model = Linear.multiclass(5, 1);
        LabeledImages images = Linear.images(model, 40)) {
      float[] x = images.images().toFloatArray();
      for (Norm norm : new Norm[] {Norm.LINF, Norm.L2}) {
        Ball ball = new Ball(norm, norm == Norm.LINF ? 0.04 : 0.15);
        try (EvasionResult result =
            brief(AutoAttack.Version.STANDARD, ball).run(model, images, Run.seed(0))) {
          for (int i = 0; i < 40; i++) {
            double distance = model.distance(Linear.image(x, i), images.labels()[i], norm);
            if (Math.abs(distance - ball.epsilon()) > 1e-3) {
              assertThat(result.sample(i).success())
                  .as("%s: distance %s", ball, distance)
                  .isEqualTo(distance < ball.epsilon());
            }
          }
        }
      }
    }
  }

  @Test
  void droppingTheFallenChangesTheCostAndNotTheVerdict() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 20, 2)) {
      AutoAttack attack = brief(AutoAttack.Version.STANDARD, Ball.linf(0.02));
      try (EvasionResult dropped = attack.run(model, images, Run.seed(0));
          EvasionResult kept = attack.withFallenKept(true).run(model, images, Run.seed(0))) {
        assertThat(dropped.successes()).containsExactly(kept.successes());
        assertThat(java.util.Arrays.stream(dropped.queries()).sum())
            .isLessThan(java.util.Arrays.stream(kept.queries()).sum());
      }
    }
  }

  @Test
  void saysThatGradientsAreMaskedAndThatQueriesFoundMore() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 20, 2);
        EvasionResult result =
            AutoAttack.standard(0.15)
                .withSteps(3)
                .withQueries(100)
                .run(QuantisedClassifier.of(model, 16), images, Run.seed(0))) {
      assertThat(result.warnings()).anySatisfy(w -> assertThat(w).contains("masked gradients"));
      assertThat(result.warnings())
          .anySatisfy(w -> assertThat(w).contains("that the gradients missed"));
      assertThat(result.successRate().successes()).isGreaterThan(5);
    }
  }

  @Test
  void saysWhichVersionFitsARandomModel() {
    AtomicLong calls = new AtomicLong();
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 4, 2)) {
      RandomModel random = new RandomModel(model, calls);
      try (EvasionResult standard =
              brief(AutoAttack.Version.STANDARD, Ball.linf(0.01)).run(random, images, Run.seed(0));
          EvasionResult rand =
              brief(AutoAttack.Version.RAND, Ball.linf(0.01))
                  .withSteps(2)
                  .run(random, images, Run.seed(0));
          EvasionResult needless =
              brief(AutoAttack.Version.RAND, Ball.linf(0.01))
                  .withSteps(2)
                  .run(model, images, Run.seed(0))) {
        assertThat(standard.warnings())
            .anySatisfy(w -> assertThat(w).contains("run AutoAttack.rand"));
        assertThat(rand.warnings()).isEmpty();
        assertThat(needless.warnings()).singleElement().asString().contains("AutoAttack.standard");
      }
    }
  }

  @Test
  void twoClassesAreEnough() {
    try (LinearClassifier model = LinearClassifier.halfSpace(Linear.weights(1), 0.1, Linear.SHAPE);
        LabeledImages images = Linear.images(model, 4)) {
      for (AutoAttack.Version version : AutoAttack.Version.values()) {
        try (EvasionResult result =
            brief(version, Ball.linf(0.3)).withSteps(6).run(model, images, Run.seed(0))) {
          assertThat(result.successRate().successes()).isEqualTo(4);
        }
      }
    }
  }

  @Test
  void theRecordOfAShapeThatIsNotSquareWorks() {
    try (TinyMlp model = TinyMlp.of(new Shape(3, 6, 10), 5, 1);
        LabeledImages images = TestImages.labelledBy(model, 3, 2);
        EvasionResult result =
            brief(AutoAttack.Version.STANDARD, Ball.linf(0.2)).run(model, images, Run.seed(0))) {
      NDArray adversarials = result.adversarials();
      assertThat(adversarials.getShape()).isEqualTo(new Shape(3, 3, 6, 10));
      assertThat(result.successRate().successes()).isEqualTo(3);
    }
  }
}
