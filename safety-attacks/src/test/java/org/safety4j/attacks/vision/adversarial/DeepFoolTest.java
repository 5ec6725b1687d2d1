package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.QuantisedClassifier;

class DeepFoolTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return DeepFool.l2();
  }

  @Override
  protected Optional<EvasionAttack<?>> withoutRoom() {
    return Optional.of(DeepFool.l2().withSteps(0));
  }

  /** Oracle 3: on a linear model one step is the minimal distance, times one plus the overshoot. */
  @Test
  void oneStepIsExactOnLinearModels() {
    try (LinearClassifier model = Linear.multiclass(4, 1);
        LabeledImages images = Linear.images(model, 10)) {
      float[] x = images.images().toFloatArray();
      for (DeepFool attack : new DeepFool[] {DeepFool.l2(), DeepFool.linf()}) {
        try (EvasionResult result = attack.withOvershoot(1e-3).run(model, images, Run.seed(0))) {
          for (int i = 0; i < 10; i++) {
            double exact = model.distance(Linear.image(x, i), images.labels()[i], attack.norm());
            assertThat(result.sample(i).success()).isTrue();
            if (attack.norm() == Norm.LINF && exact > 0.2) {
              continue;
            }
            assertThat(result.sample(i).steps()).isEqualTo(1);
            assertThat(result.sample(i).distance()).isCloseTo(exact * 1.001, offset(1e-5));
          }
        }
      }
    }
  }

  @Test
  void anOvershootOfZeroEndsOnTheBoundary() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 4);
        EvasionResult result =
            DeepFool.l2().withOvershoot(0).withSteps(1).run(model, images, Run.seed(0))) {
      float[] y = result.adversarials().toFloatArray();
      for (int i = 0; i < 4; i++) {
        if (result.sample(i).success()) {
          assertThat(model.margin(Linear.image(y, i), images.labels()[i]))
              .isCloseTo(0, offset(1e-5));
        }
      }
    }
  }

  @Test
  void maskedGradientsAreReported() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 4);
        EvasionResult result =
            DeepFool.l2()
                .withSteps(3)
                .run(QuantisedClassifier.of(model, 256), images, Run.seed(0))) {
      assertThat(result.warnings()).singleElement().asString().contains("masked gradients");
    }
  }
}
