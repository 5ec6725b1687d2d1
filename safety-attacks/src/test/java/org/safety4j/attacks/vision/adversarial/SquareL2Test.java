package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;

class SquareL2Test extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Square.l2(0.6).withQueries(80).withShare(0.3);
  }

  /** Oracle 1: no image in the ball lowers a linear margin by more than epsilon |w|_2. */
  @Test
  void comesNearTheL2OptimumOfALinearModelAndNeverPastIt() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = QueryTests.clear(model, 4)) {
      double epsilon = QueryTests.hopeless(model, images, Norm.L2);
      double best = epsilon * LinearClassifier.dual(Linear.weights(1), Norm.L2);
      try (EvasionResult result =
          Square.l2(epsilon).withQueries(1500).run(model, images, Run.seed(2))) {
        for (int i = 0; i < images.size(); i++) {
          double gain = QueryTests.last(result, i) + QueryTests.margin(model, images, i);
          assertThat(gain).isBetween(0.55 * best, best * (1 + 1e-5));
        }
      }
    }
  }
}
