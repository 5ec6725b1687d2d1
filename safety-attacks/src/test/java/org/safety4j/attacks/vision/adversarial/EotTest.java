package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.safety4j.attacks.engine.perturb.BackwardPass;
import org.safety4j.attacks.engine.perturb.Expectation;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.engine.perturb.L2Step;
import org.safety4j.attacks.engine.perturb.Perturb;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Margin;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class EotTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Eot.linf(0.06).withSteps(15).withStepShare(0.1).withDraws(2);
  }

  /**
   * Oracle 13: with random factors of mean 1 the mean gradient is that of the plain linear model,
   * so many draws find the optimum of the mean margin that one draw misses.
   */
  @Test
  void averagingFindsTheOptimumOfTheMeanMargin() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 12)) {
      double[] w = Linear.weights(1);
      double best = 0.1 * LinearClassifier.dual(w, Norm.L2);
      double[] drops = new double[2];
      int[] draws = {1, 64};
      for (int d = 0; d < 2; d++) {
        RandomModel random = new RandomModel(model, new AtomicLong());
        try (EvasionResult result =
            Perturb.maximise(Margin.untargeted())
                .within(Ball.l2(0.1))
                .stepping(L2Step.of(0.1))
                .shaping(Expectation.over(draws[d]))
                .finishing(Finish.LAST_IMAGE)
                .run(random, images, Run.seed(0))) {
          drops[d] = meanOfAttacked(Linear.drops(model, images, result), result);
        }
      }
      assertThat(drops[1]).isCloseTo(best, offset(0.005 * best));
      assertThat(drops[0]).isLessThan(0.99 * best);
    }
  }

  private static double meanOfAttacked(double[] drops, EvasionResult result) {
    return java.util.stream.IntStream.range(0, drops.length)
        .filter(i -> result.sample(i).wasCorrect())
        .mapToDouble(i -> drops[i])
        .average()
        .orElseThrow();
  }

  /** Oracle 12: through a staircase in front of the model the identity leads. */
  @Test
  void bpdaPassesAPreprocessingWithoutGradient() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 20, 1)) {
      Eot plain = Eot.linf(0.1).withDraws(1);
      try (EvasionResult through =
              plain
                  .with(BackwardPass.identity(x -> Ops.quantise(x, 32)))
                  .run(model, images, Run.seed(0));
          EvasionResult smooth =
              plain
                  .with(BackwardPass.smooth(x -> Ops.quantise(x, 32), x -> x.mul(1)))
                  .run(model, images, Run.seed(0))) {
        assertThat(through.successRate().successes()).isGreaterThan(15);
        assertThat(smooth.adversarials().toFloatArray())
            .containsExactly(through.adversarials().toFloatArray());
      }
    }
  }

  @Test
  void everyDrawIsPaidFor() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 3, 1);
        EvasionResult result =
            Eot.linf(1e-4).withSteps(4).withDraws(7).run(model, images, Run.seed(0))) {
      assertThat(result.queries()).containsOnly(1 + 4 * 7 + 1);
    }
  }

  @Test
  void beatsADefenseThatAddsNoise() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 30, 2)) {
      RandomModel random = new RandomModel(model, new AtomicLong());
      try (EvasionResult result = Eot.linf(0.08).withDraws(8).run(random, images, Run.seed(0))) {
        assertThat(result.successRate().successes()).isGreaterThan(12);
      }
    }
  }
}
