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
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class SquareTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Square.linf(0.1).withQueries(60).withShare(0.3);
  }

  /** Oracle 1: the optimum lowers a linear margin by epsilon times the weights' L1 norm. */
  @Test
  void approachesTheLinfOptimumOfALinearModelFromBelow() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = QueryTests.clear(model, 4)) {
      double epsilon = QueryTests.hopeless(model, images, Norm.LINF);
      double best = epsilon * LinearClassifier.dual(Linear.weights(1), Norm.LINF);
      try (EvasionResult result =
          Square.linf(epsilon).withQueries(1500).run(model, images, Run.seed(2))) {
        assertThat(result.successRate().successes()).isZero();
        for (int i = 0; i < images.size(); i++) {
          double gain = QueryTests.last(result, i) + QueryTests.margin(model, images, i);
          assertThat(gain).isCloseTo(best, offset(1e-3 * best));
        }
      }
    }
  }

  @Test
  void succeedsJustOutsideOfTheMinimalDistanceAndNotInside() {
    try (LinearClassifier model = Linear.binary(2);
        LabeledImages images = QueryTests.clear(model, 1)) {
      double distance = QueryTests.distance(model, images, 0, Norm.LINF);
      Square inside = Square.linf(0.98 * distance).withQueries(1500);
      Square outside = Square.linf(1.02 * distance).withQueries(1500);
      try (EvasionResult a = inside.run(model, images, Run.seed(0));
          EvasionResult b = outside.run(model, images, Run.seed(0))) {
        assertThat(a.sample(0).success()).isFalse();
        assertThat(b.sample(0).success()).isTrue();
      }
    }
  }

  @Test
  void tracesNeverFallAndStopAtSuccess() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 6, 1);
        EvasionResult result = Square.linf(0.1).withQueries(300).run(model, images, Run.seed(0))) {
      for (int i = 0; i < images.size(); i++) {
        assertThat(result.traces().get(i).values()).isSorted();
        if (result.sample(i).success()) {
          long[] queries = result.traces().get(i).queries();
          assertThat(queries[queries.length - 1]).isEqualTo(result.sample(i).queries());
        } else {
          assertThat(result.sample(i).queries()).isEqualTo(300);
        }
      }
      assertThat(result.lossTrace()).isSorted();
    }
  }

  @Test
  void worksOnAFunctionWithABudgetForEachImage() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 6, 1)) {
      ImageClassifier.Gray remote =
          ImageClassifier.gray(
              4,
              batch -> {
                float[] flat = model.logits(batch).toFloatArray();
                float[][] rows = new float[flat.length / 4][4];
                for (int i = 0; i < flat.length; i++) {
                  rows[i / 4][i % 4] = flat[i];
                }
                return rows;
              });
      ImageClassifier.Gray limited =
          Access.restrict(remote, ImageClassifier.Gray.class, Budget.queries(1_000));
      try (EvasionResult metered = Square.linf(0.1).run(limited, images, Run.seed(0));
          EvasionResult direct =
              Square.linf(0.1).withQueries(1_000).run(model, images, Run.seed(0))) {
        assertThat(metered.successRate().successes()).isPositive();
        assertThat(metered.queries()).isEqualTo(direct.queries());
        long sum = java.util.Arrays.stream(metered.queries()).sum();
        assertThat(Access.usage(limited).queries()).isEqualTo(sum);
      }
    }
  }

  @Test
  void theShareHalvesAtThePapersPointsOfTheBudget() {
    int[] steps = {0, 10, 11, 51, 201, 501, 1001, 2001, 4001, 6001, 8001, 10_000};
    int[] divisors = {1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512};
    for (int i = 0; i < steps.length; i++) {
      assertThat(Square.shareAt(0.8, steps[i], 10_000)).isEqualTo(0.8 / divisors[i]);
    }
    assertThat(Square.shareAt(0.8, 6, 1_000)).isEqualTo(0.2);
  }

  @Test
  void wrongSettingsSayWhatIsAllowed() {
    assertThatThrownBy(() -> Square.linf(-1)).hasMessageContaining("(0, 1]");
    assertThatThrownBy(() -> Square.linf(8 / 255)).hasMessageContaining("8 / 255.0");
    assertThatThrownBy(() -> Square.linf(0.1).withShare(1.5)).hasMessageContaining("share");
    assertThatThrownBy(() -> Square.linf(0.1).withQueries(0)).hasMessageContaining("queries");
    assertThatThrownBy(() -> Square.linf(0.1).withBall(Ball.l1(1))).hasMessageContaining("norm");
  }
}
