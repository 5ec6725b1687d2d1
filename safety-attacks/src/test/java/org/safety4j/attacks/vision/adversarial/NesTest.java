package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;

class NesTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Nes.linf(0.1).withPairs(16).withSigma(0.01).withQueries(331);
  }

  /** Oracle 1, through the loss log(1 + exp(m)). */
  private static void reaches(Nes attack, Norm norm, double share) {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = QueryTests.clear(model, 3)) {
      double epsilon = QueryTests.hopeless(model, images, norm);
      double best = epsilon * LinearClassifier.dual(Linear.weights(1), norm);
      try (EvasionResult result =
          attack
              .withBall(new Ball(norm, epsilon))
              .withSigma(0.01)
              .withPairs(200)
              .withQueries(8021)
              .run(model, images, Run.seed(2))) {
        for (int i = 0; i < images.size(); i++) {
          double gain =
              Math.log(Math.expm1(QueryTests.last(result, i)))
                  + QueryTests.margin(model, images, i);
          assertThat(gain).isCloseTo(best, offset((1 - share) * best));
        }
      }
    }
  }

  @Test
  void reachesTheLinfOptimumOfALinearModel() {
    reaches(Nes.linf(0.1), Norm.LINF, 0.98);
  }

  @Test
  void reachesTheL2OptimumOfALinearModel() {
    reaches(Nes.l2(0.1), Norm.L2, 0.97);
  }

  @Test
  void aStepCostsTheEstimateAndOneQuery() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = QueryTests.clear(model, 2)) {
      double epsilon = QueryTests.hopeless(model, images, Norm.LINF);
      try (EvasionResult result =
          Nes.linf(epsilon).withPairs(10).withQueries(1 + 3 * 21).run(model, images, Run.seed(0))) {
        for (EvasionResult.Sample sample : result.samples()) {
          assertThat(sample.queries()).isEqualTo(64);
          assertThat(sample.steps()).isEqualTo(3);
        }
      }
    }
  }

  @Test
  void wrongSettingsSayWhatIsAllowed() {
    assertThatThrownBy(() -> Nes.linf(0.1).withSigma(0)).hasMessageContaining("sigma");
    assertThatThrownBy(() -> Nes.linf(0.1).withPairs(0)).hasMessageContaining("pairs");
    assertThatThrownBy(() -> Nes.linf(0.1).withStepShare(0)).hasMessageContaining("stepShare");
    assertThatThrownBy(() -> Nes.linf(0.1).withMomentum(1)).hasMessageContaining("momentum");
    assertThatThrownBy(() -> Nes.linf(0.1).withQueries(0)).hasMessageContaining("queries");
  }
}
