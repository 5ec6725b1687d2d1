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

class SimbaTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Simba.pixel().withStep(0.15).withBall(Ball.l2(0.9)).withQueries(100);
  }

  /** The loss log(1 + exp(m)) turned back into the margin m in the attack's favour. */
  private static double gain(
      LinearClassifier model, LabeledImages images, EvasionResult result, int i) {
    return Math.log(Math.expm1(QueryTests.last(result, i))) + QueryTests.margin(model, images, i);
  }

  @Test
  void afterAllPixelsALinearMarginHasFallenByTheStepTimesTheL1Norm() {
    double[] w = Linear.weights(1);
    double step = 0.005;
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = QueryTests.clear(model, 3);
        EvasionResult result = Simba.pixel().withStep(step).run(model, images, Run.seed(0))) {
      for (int i = 0; i < images.size(); i++) {
        assertThat(gain(model, images, result, i))
            .isCloseTo(step * LinearClassifier.dual(w, Norm.LINF), offset(1e-4));
        // One query for a direction whose first sign helps, two for the others.
        int towards = images.labels()[i] == 1 ? -1 : 1;
        long expected = 1 + Linear.D;
        for (double v : w) {
          expected += v * towards < 0 ? 1 : 0;
        }
        assertThat(result.sample(i).queries()).isEqualTo(expected);
      }
    }
  }

  @Test
  void afterAllFrequenciesALinearMarginHasFallenByTheStepTimesTheL1NormOfTheSpectrum() {
    double[] w = Linear.weights(1);
    double sum = 0;
    for (int v = 0; v < 3; v++) {
      for (int u = 0; u < 4; u++) {
        double entry = 0;
        for (int i = 0; i < Linear.D; i++) {
          entry += w[i] * cosine(v, i / 4, 3) * cosine(u, i % 4, 4);
        }
        sum += Math.abs(entry);
      }
    }
    double step = 0.005;
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = QueryTests.clear(model, 3);
        EvasionResult result = Simba.dct().withStep(step).run(model, images, Run.seed(0))) {
      for (int i = 0; i < images.size(); i++) {
        assertThat(gain(model, images, result, i)).isCloseTo(step * sum, offset(1e-4));
      }
    }
  }

  private static double cosine(int frequency, int at, int length) {
    double scale = frequency == 0 ? Math.sqrt(1.0 / length) : Math.sqrt(2.0 / length);
    return scale * Math.cos(Math.PI * (at + 0.5) * frequency / length);
  }

  @Test
  void movesByAtMostTheRootOfItsStepsTimesTheStep() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 6);
        EvasionResult result = Simba.dct().withStep(0.2).run(model, images, Run.seed(0))) {
      assertThat(result.successRate().value()).isEqualTo(1);
      for (EvasionResult.Sample sample : result.samples()) {
        assertThat(sample.distance()).isLessThanOrEqualTo(0.2 * Math.sqrt(sample.steps()) + 1e-5);
      }
    }
  }

  @Test
  void staysInAnLinfBallToo() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 6);
        EvasionResult result =
            Simba.dct().withBall(Ball.linf(0.08)).run(model, images, Run.seed(0))) {
      assertThat(result.norm()).isEqualTo(Norm.LINF);
      assertThat(result.successRate().successes()).isPositive();
      for (double d : result.distances()) {
        assertThat(d).isLessThanOrEqualTo(0.08 + 1e-6);
      }
    }
  }

  @Test
  void wrongSettingsSayWhatIsAllowed() {
    assertThatThrownBy(() -> Simba.pixel().withStep(0)).hasMessageContaining("step");
    assertThatThrownBy(() -> Simba.pixel().withQueries(0)).hasMessageContaining("queries");
    assertThatThrownBy(() -> Simba.dct().withBall(Ball.l1(1))).hasMessageContaining("norm");
  }
}
