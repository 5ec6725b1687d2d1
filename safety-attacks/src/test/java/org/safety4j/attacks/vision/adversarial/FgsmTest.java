package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import org.junit.jupiter.api.Test;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;

class FgsmTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Fgsm.linf(0.1);
  }

  /** Oracle 1: on a linear model one step is the optimum. */
  @Test
  void oneStepIsTheOptimumOnLinearModels() {
    for (Fgsm attack : new Fgsm[] {Fgsm.linf(0.1), Fgsm.l2(0.15)}) {
      try (LinearClassifier model = Linear.binary(1);
          LabeledImages images = Linear.images(model, 6);
          EvasionResult result =
              attack.withFinish(Finish.LAST_IMAGE).run(model, images, Run.seed(0))) {
        Norm norm = attack.ball().norm();
        double best = attack.ball().epsilon() * LinearClassifier.dual(Linear.weights(1), norm);
        for (double drop : Linear.drops(model, images, result)) {
          assertThat(drop).isCloseTo(best, offset(1e-4));
        }
        assertThat(result.queries()).containsOnly(3);
      }
    }
  }
}
