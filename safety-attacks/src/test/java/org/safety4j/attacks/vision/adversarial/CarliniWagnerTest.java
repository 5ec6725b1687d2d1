package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.QuadraticClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class CarliniWagnerTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return CarliniWagner.l2().withSearchSteps(3).withSteps(30).withFirstC(1).withRate(0.02);
  }

  @Override
  protected Optional<EvasionAttack<?>> withoutRoom() {
    return Optional.of(CarliniWagner.l2().withSteps(0));
  }

  /** Oracle 3: converges to the distance of the nearest boundary. */
  @Test
  void convergesToTheMinimalDistanceOnLinearModels() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 10);
        EvasionResult result =
            CarliniWagner.l2().withSteps(200).withFirstC(0.1).run(model, images, Run.seed(0))) {
      float[] x = images.images().toFloatArray();
      for (int i = 0; i < 10; i++) {
        double exact = model.distance(Linear.image(x, i), images.labels()[i], Norm.L2);
        assertThat(result.sample(i).success()).isTrue();
        assertThat(result.sample(i).distance())
            .isGreaterThanOrEqualTo(exact - 1e-5)
            .isCloseTo(exact, offset(0.005 * exact + 5e-4));
      }
    }
  }

  /** Oracle 3 on a curved boundary: the way out of a sphere is the rest of its radius. */
  @Test
  void leavesASphereByTheShortestWay() {
    double[] centre = new double[9];
    java.util.Arrays.fill(centre, 0.5);
    try (QuadraticClassifier model =
            QuadraticClassifier.sphere(centre, 0.45, new ai.djl.ndarray.types.Shape(1, 3, 3));
        LabeledImages images = TestImages.labelledBy(model, 8, 2);
        EvasionResult result =
            CarliniWagner.l2().withSteps(200).withFirstC(0.1).run(model, images, Run.seed(0))) {
      float[] x = images.images().toFloatArray();
      for (int i = 0; i < 8; i++) {
        double fromCentre = 0;
        for (int j = 0; j < 9; j++) {
          fromCentre = Math.hypot(fromCentre, x[9 * i + j] - 0.5);
        }
        double exact = Math.abs(fromCentre - 0.45);
        assertThat(result.sample(i).success()).isTrue();
        assertThat(result.sample(i).distance()).isCloseTo(exact, offset(0.01 * exact + 1e-3));
      }
    }
  }

  @Test
  void kappaBuysConfidence() {
    try (LinearClassifier model = Linear.multiclass(4, 1);
        LabeledImages images = Linear.images(model, 5);
        EvasionResult plain =
            CarliniWagner.l2().withSteps(150).withFirstC(1).run(model, images, Run.seed(0));
        EvasionResult sure =
            CarliniWagner.l2()
                .withSteps(150)
                .withFirstC(1)
                .withKappa(0.5)
                .run(model, images, Run.seed(0))) {
      float[] y = sure.adversarials().toFloatArray();
      for (int i = 0; i < 5; i++) {
        assertThat(model.margin(Linear.image(y, i), images.labels()[i]))
            .isLessThanOrEqualTo(-0.5 + 1e-4);
        assertThat(sure.sample(i).distance()).isGreaterThan(plain.sample(i).distance());
      }
    }
  }

  @Test
  void reachesATarget() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 6, 1);
        EvasionResult result =
            CarliniWagner.l2()
                .withSearchSteps(4)
                .withSteps(80)
                .withFirstC(1)
                .withRate(0.05)
                .withTarget(Target.leastLikely())
                .run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isEqualTo(6);
    }
  }
}
