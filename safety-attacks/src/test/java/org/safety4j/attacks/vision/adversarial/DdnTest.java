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
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class DdnTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Ddn.l2().withSteps(50);
  }

  @Override
  protected Optional<EvasionAttack<?>> withoutRoom() {
    return Optional.of(Ddn.l2().withSteps(0));
  }

  /** Oracle 3. */
  @Test
  void convergesToTheMinimalDistanceOnLinearModels() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 10);
        EvasionResult result =
            Ddn.l2().withLevels(0).withSteps(400).withGamma(0.02).run(model, images, Run.seed(0))) {
      float[] x = images.images().toFloatArray();
      for (int i = 0; i < 10; i++) {
        double exact = model.distance(Linear.image(x, i), images.labels()[i], Norm.L2);
        assertThat(result.sample(i).success()).isTrue();
        assertThat(result.sample(i).distance())
            .isGreaterThanOrEqualTo(exact - 1e-5)
            .isCloseTo(exact, offset(0.03 * exact + 1e-3));
      }
    }
  }

  /** Oracle 19. */
  @Test
  void itsImagesCanBeSavedAsTheyAre() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 10, 1);
        EvasionResult result = Ddn.l2().withSteps(60).run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isEqualTo(10);
      for (float v : result.adversarials().toFloatArray()) {
        assertThat(v * 255).isCloseTo(Math.round(v * 255), offset(1e-3f));
      }
    }
  }

  @Test
  void reachesATarget() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 6, 1);
        EvasionResult result =
            Ddn.l2()
                .withSteps(80)
                .withTarget(Target.leastLikely())
                .run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isEqualTo(6);
    }
  }
}
