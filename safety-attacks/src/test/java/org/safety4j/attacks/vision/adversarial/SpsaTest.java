package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.QuantisedClassifier;

class SpsaTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Spsa.linf(0.1).withPairs(16).withQueries(331);
  }

  /** Oracle 1: the optimum lowers a linear margin by epsilon times the weights' L1 norm. */
  @Test
  void reachesTheLinfOptimumOfALinearModel() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = QueryTests.clear(model, 3)) {
      double epsilon = QueryTests.hopeless(model, images, Norm.LINF);
      double best = epsilon * LinearClassifier.dual(Linear.weights(1), Norm.LINF);
      try (EvasionResult result =
          Spsa.linf(epsilon).withQueries(3871).run(model, images, Run.seed(2))) {
        for (int i = 0; i < images.size(); i++) {
          double gain = QueryTests.last(result, i) + QueryTests.margin(model, images, i);
          assertThat(gain).isCloseTo(best, offset(0.03 * best));
        }
      }
    }
  }

  /** Oracle 12: a staircase whose true gradient is zero falls to finite differences. */
  @Test
  void seesThroughAMaskedGradient() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 6)) {
      QuantisedClassifier staircase = QuantisedClassifier.of(model, 64);
      try (EvasionResult pgd = Pgd.linf(0.3).run(staircase, images, Run.seed(0));
          EvasionResult spsa = Spsa.linf(0.3).withDelta(0.05).run(staircase, images, Run.seed(0))) {
        assertThat(spsa.successRate().value()).isEqualTo(1);
        assertThat(pgd.successRate().value()).isLessThan(1);
      }
    }
  }

  @Test
  void wrongSettingsSayWhatIsAllowed() {
    assertThatThrownBy(() -> Spsa.linf(0.1).withDelta(0)).hasMessageContaining("delta");
    assertThatThrownBy(() -> Spsa.linf(0.1).withPairs(0)).hasMessageContaining("pairs");
    assertThatThrownBy(() -> Spsa.linf(0.1).withStepShare(0)).hasMessageContaining("stepShare");
    assertThatThrownBy(() -> Spsa.linf(0.1).withQueries(0)).hasMessageContaining("queries");
  }
}
