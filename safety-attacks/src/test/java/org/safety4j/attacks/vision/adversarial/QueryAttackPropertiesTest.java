package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleFunction;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.QueryTrace;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Scope;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

/**
 * What holds for every attack by queries, whatever the radius, the budget, the model and the seed.
 */
class QueryAttackPropertiesTest {
  /** Attacks by the share of the largest sensible radius. */
  private static final List<DoubleFunction<EvasionAttack<?>>> ATTACKS =
      List.of(
          s -> Square.linf(0.3 * s),
          s -> Square.l2(2 * s).withShare(0.5),
          s -> Simba.pixel().withBall(Ball.l2(2 * s)),
          s -> Simba.dct().withBall(Ball.linf(0.3 * s)),
          s -> Nes.linf(0.3 * s).withPairs(7),
          s -> Nes.l2(2 * s).withPairs(3),
          s -> Spsa.linf(0.3 * s).withPairs(5),
          s -> Spsa.l2(2 * s).withPairs(20),
          s -> HopSkipJump.l2(2 * s).withDirections(9, 40),
          s -> HopSkipJump.linf(0.3 * s).withDirections(9, 40),
          s -> BoundaryAttack.l2(2 * s),
          s -> SparseRs.pixels(1 + (int) (20 * s)),
          s -> SparseRs.patch(1 + (int) (7 * s)),
          s -> SparseRs.frame(1 + (int) (3 * s)));

  @Provide
  Arbitrary<DoubleFunction<EvasionAttack<?>>> attacks() {
    return Arbitraries.of(ATTACKS);
  }

  @Property(tries = 80)
  void staysInBallBoxAndBudgetAndIsNeverWorseThanNothing(
      @ForAll("attacks") DoubleFunction<EvasionAttack<?>> make,
      @ForAll @DoubleRange(min = 0.01, max = 1) double radius,
      @ForAll @IntRange(min = 1, max = 90) int perSample,
      @ForAll @IntRange(min = 1, max = 400) int total,
      @ForAll @LongRange(min = 0, max = 1000) long seed,
      @ForAll @IntRange(min = 1, max = 5) int network) {
    EvasionAttack<?> attack = make.apply(radius);
    Budget budget = Budget.queries(perSample).withTotalQueries(total);
    try (TinyMlp model = TinyMlp.of(new Shape(1, 8, 8), 4, network);
        LabeledImages images = TestImages.labelledBy(model, 5, seed)) {
      check(attack, model, images, budget, seed);
    }
  }

  private static <M extends ImageClassifier.Black> void check(
      EvasionAttack<M> attack, TinyMlp model, LabeledImages images, Budget budget, long seed) {
    M seen = Access.restrict(attack.requires().cast(model), attack.requires(), budget);
    try (EvasionResult result = attack.run(seen, images, Run.seed(seed));
        Scope scope = Scope.open()) {
      long spent = Arrays.stream(result.queries()).sum();
      assertThat(Access.usage(seen).queries()).isEqualTo(spent);
      assertThat(spent).isLessThanOrEqualTo(budget.totalQueries());
      for (long q : result.queries()) {
        assertThat(q).isLessThanOrEqualTo(budget.queriesPerSample());
      }
      NDArray after = result.adversarials();
      for (float v : after.toFloatArray()) {
        assertThat(v).isBetween(0f, 1f);
      }
      if (attack instanceof Constrained<?> constrained) {
        Ball ball = constrained.ball();
        for (float d : ball.norm().of(after.sub(images.images())).toFloatArray()) {
          assertThat((double) d).isLessThanOrEqualTo(ball.epsilon() * (1 + 1e-5) + 1e-6);
        }
      }
      int[] answers = model.labels(after);
      for (int i = 0; i < images.size(); i++) {
        EvasionResult.Sample sample = result.sample(i);
        assertThat(sample.success()).isEqualTo(sample.wasCorrect() && answers[i] != sample.label());
        checkMonotone(result.traces().get(i), attack);
      }
    }
  }

  /** Distances fall; losses rise, but for the last one, which a success may take anyway. */
  private static void checkMonotone(QueryTrace trace, EvasionAttack<?> attack) {
    double[] values = trace.values();
    int sure = attack instanceof Simba ? values.length - 1 : values.length;
    for (int i = 1; i < sure; i++) {
      if (attack instanceof EvasionAttack.Black) {
        assertThat(values[i]).isLessThan(values[i - 1]);
      } else {
        assertThat(values[i]).isGreaterThanOrEqualTo(values[i - 1]);
      }
    }
  }
}
