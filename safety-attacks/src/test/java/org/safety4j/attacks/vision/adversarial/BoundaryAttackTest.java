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

class BoundaryAttackTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return BoundaryAttack.l2(0.9).withSteps(0.1, 0.05).withQueries(200);
  }

  /** Oracles 3 and 10: the walk ends at the orthogonal projection onto the boundary. */
  @Test
  void convergesToTheOrthogonalProjection() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 4);
        EvasionResult result =
            BoundaryAttack.l2().withQueries(3000).run(model, images, Run.seed(0))) {
      for (int i = 0; i < images.size(); i++) {
        double least = QueryTests.distance(model, images, i, Norm.L2);
        assertThat(result.sample(i).success()).isTrue();
        assertThat(result.sample(i).distance()).isBetween(least * (1 - 1e-4), least * 1.05);
      }
    }
  }

  @Test
  void moreQueriesNeverMakeItWorse() {
    try (LinearClassifier model = Linear.multiclass(3, 1);
        LabeledImages images = Linear.images(model, 4);
        EvasionResult few = BoundaryAttack.l2().withQueries(200).run(model, images, Run.seed(0));
        EvasionResult many = BoundaryAttack.l2().withQueries(800).run(model, images, Run.seed(0))) {
      for (int i = 0; i < images.size(); i++) {
        assertThat(many.sample(i).distance()).isLessThan(few.sample(i).distance());
        assertThat(many.traces().get(i).after(200)).isEqualTo(few.traces().get(i).after(200));
      }
    }
  }

  @Test
  void wrongSettingsSayWhatIsAllowed() {
    assertThatThrownBy(() -> BoundaryAttack.l2().withSteps(0, 0.1))
        .hasMessageContaining("sphereStep");
    assertThatThrownBy(() -> BoundaryAttack.l2().withSteps(0.1, 1))
        .hasMessageContaining("sourceStep");
    assertThatThrownBy(() -> BoundaryAttack.l2().withAttempts(0)).hasMessageContaining("attempts");
    assertThatThrownBy(() -> BoundaryAttack.l2().withQueries(0)).hasMessageContaining("queries");
    assertThatThrownBy(() -> BoundaryAttack.l2().withBall(Ball.linf(1)))
        .hasMessageContaining("norm");
  }
}
