package org.safety4j.attacks.engine.query;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Margin;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.attack.QueryTrace;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.Observed;

class RandomSearchTest {
  private static final Shape SHAPE = new Shape(1, 1, 4);
  private static final MethodInfo INFO =
      MethodInfo.attack("test-search", ImageClassifier.Gray.class).cites("Nobody", 2020).build();

  /** f(x) = x0 + x1 + x2 + x3 - 2: dark images have label 0. */
  private static LinearClassifier model() {
    return LinearClassifier.halfSpace(new double[] {1, 1, 1, 1}, -2, SHAPE);
  }

  private static LabeledImages images(int n, float value) {
    float[] pixels = new float[4 * n];
    Arrays.fill(pixels, value);
    return LabeledImages.of("flat", pixels, SHAPE, new int[n], List.of());
  }

  /** Raises one pixel after the other by 0.2, and tries to lower the first one in between. */
  private static Mutation upAndDown(Canvas canvas) {
    return new Mutation() {
      private int up;
      private boolean lower = true;

      @Override
      public boolean propose(int step, Edits into) {
        if (lower) {
          into.set(0, Canvas.box(canvas.current(0) - 0.1));
        } else {
          int place = up++ % 4;
          into.set(place, Canvas.box(canvas.current(place) + 0.2));
        }
        lower = !lower;
        return true;
      }
    };
  }

  private static EvasionResult search(
      ImageClassifier.Gray model, LabeledImages images, Mutation.Factory factory) {
    Run run = Run.seed(0);
    int[] labels = images.labels();
    QueryLedger ledger = QueryLedger.of(model, run, images.size(), 100);
    ScoreOracle oracle =
        new ScoreOracle(model, Margin.untargeted(), labels, Goal.untargeted(labels), ledger, run);
    try (Outcomes outcomes = RandomSearch.run(oracle, images, factory, Rng.of(1), "test")) {
      return outcomes.result(INFO, "config", Norm.L2);
    }
  }

  @Test
  void keepsTheBetterAndUndoesTheWorse() {
    try (LinearClassifier model = model();
        LabeledImages images = images(1, 0.3f);
        EvasionResult result = search(model, images, RandomSearchTest::upAndDown)) {
      // The sum of 1.2 must exceed 2: five raises, each after a lowering that is undone.
      assertThat(result.sample(0).success()).isTrue();
      assertThat(result.sample(0).steps()).isEqualTo(10);
      assertThat(result.sample(0).queries()).isEqualTo(11);
      assertThat(result.adversarials().toFloatArray())
          .usingComparatorWithPrecision(1e-6f)
          .containsExactly(0.7f, 0.5f, 0.5f, 0.5f);
    }
  }

  @Test
  void tracesRiseAndEndAtTheQueriesSpent() {
    try (LinearClassifier model = model();
        LabeledImages images = images(1, 0.3f);
        EvasionResult result = search(model, images, RandomSearchTest::upAndDown)) {
      QueryTrace trace = result.traces().get(0);
      assertThat(trace.queries()).containsExactly(3, 5, 7, 9, 11);
      assertThat(trace.values()).isSorted();
      assertThat(trace.after(4)).isEqualTo(trace.values()[0]);
      assertThat(trace.after(1)).isNaN();
      assertThat(result.lossTrace()).hasSize(10).isSorted();
    }
  }

  @Test
  void refillsTheBatchWhenSamplesFall() {
    int n = Oracle.MOST_ROWS + 40;
    List<Long> sizes = new ArrayList<>();
    try (LinearClassifier model = model();
        LabeledImages images = images(n, 0.3f)) {
      ImageClassifier.Gray watched =
          Observed.model(
              model, ImageClassifier.Gray.class, batch -> sizes.add(batch.getShape().get(0)));
      try (EvasionResult result = search(watched, images, RandomSearchTest::upAndDown)) {
        assertThat(result.successRate().value()).isEqualTo(1);
        assertThat(result.queries()).containsOnly(11);
        // Originals in two batches, then ten full rounds, then ten rounds of the rest.
        assertThat(sizes.subList(0, 3)).containsExactly(128L, 40L, 128L);
        assertThat(sizes).hasSize(22);
        assertThat(sizes.subList(12, 22)).containsOnly(40L);
        float[] pixels = result.adversarials().toFloatArray();
        for (int i = 0; i < n; i++) {
          assertThat(Arrays.copyOfRange(pixels, 4 * i, 4 * i + 4))
              .usingComparatorWithPrecision(1e-6f)
              .containsExactly(0.7f, 0.5f, 0.5f, 0.5f);
        }
      }
    }
  }

  @Test
  void finishedWorkOutlivesTheTotalBudget() {
    try (LinearClassifier model = model();
        LabeledImages near = images(1, 0.45f);
        LabeledImages far = images(3, 0.05f);
        LabeledImages images = near.plus(far)) {
      ImageClassifier.Gray restricted =
          Access.restrict(
              model, ImageClassifier.Gray.class, Budget.unlimited().withTotalQueries(23));
      try (EvasionResult result = search(restricted, images, RandomSearchTest::upAndDown)) {
        assertThat(result.sample(0).success()).isTrue();
        assertThat(result.sample(1).success()).isFalse();
        assertThat(Access.usage(restricted).queries()).isEqualTo(23);
        assertThat(Arrays.stream(result.queries()).sum()).isEqualTo(23);
      }
    }
  }

  @Test
  void aModelThatRefusesEndsTheSearchWithTheBestSoFar() {
    try (LinearClassifier model = model();
        LabeledImages near = images(1, 0.45f);
        LabeledImages far = images(3, 0.05f);
        LabeledImages images = near.plus(far)) {
      ImageClassifier.Gray inner =
          Access.restrict(
              model, ImageClassifier.Gray.class, Budget.unlimited().withTotalQueries(23));
      // The restriction hides behind another proxy, so that the engine cannot foresee it.
      ImageClassifier.Gray hidden = Observed.model(inner, ImageClassifier.Gray.class, batch -> {});
      try (EvasionResult result = search(hidden, images, RandomSearchTest::upAndDown)) {
        assertThat(result.sample(0).success()).isTrue();
        assertThat(result.warnings()).anyMatch(w -> w.contains("23 queries"));
        assertThat(Arrays.stream(result.queries()).sum()).isEqualTo(Access.usage(inner).queries());
      }
    }
  }

  @Test
  void aProposalThatChangesNothingCostsNothing() {
    Mutation.Factory mostlyIdle =
        canvas ->
            (step, into) -> {
              boolean idle = canvas.random().nextInt(4) > 0;
              into.set(1, idle ? canvas.current(1) : Canvas.box(canvas.current(1) + 0.3));
              return true;
            };
    try (LinearClassifier model = model();
        LabeledImages images = images(1, 0.45f);
        EvasionResult result = search(model, images, mostlyIdle)) {
      assertThat(result.sample(0).success()).isTrue();
      assertThat(result.sample(0).queries()).isEqualTo(2);
    }
  }

  @Test
  void aSampleWithNothingLeftToTryMakesRoom() {
    Mutation.Factory thirdHasNothing =
        canvas -> canvas.sample() == 2 ? (step, into) -> false : upAndDown(canvas);
    try (LinearClassifier model = model();
        LabeledImages images = images(5, 0.45f);
        EvasionResult result = search(model, images, thirdHasNothing)) {
      assertThat(result.successes()).containsExactly(true, true, false, true, true);
      assertThat(result.sample(2).queries()).isEqualTo(1);
    }
  }

  @Test
  void scoresThatAreNaNNeverCountAsSuccess() {
    ImageClassifier.Gray broken =
        ImageClassifier.gray(
            2,
            batch -> {
              float[][] rows = new float[(int) batch.getShape().get(0)][2];
              float[] pixels = batch.toFloatArray();
              for (int i = 0; i < rows.length; i++) {
                boolean clean = pixels[4 * i] == 0.45f && pixels[4 * i + 1] == 0.45f;
                rows[i] = clean ? new float[] {1, 0} : new float[] {0, Float.NaN};
              }
              return rows;
            });
    try (LabeledImages images = images(1, 0.45f);
        EvasionResult result = search(broken, images, RandomSearchTest::upAndDown)) {
      assertThat(result.sample(0).success()).isFalse();
      assertThat(result.warnings()).anyMatch(w -> w.contains("NaN"));
    }
  }

  @Test
  void constantScoresAreReported() {
    ImageClassifier.Gray constant =
        ImageClassifier.gray(
            2,
            batch -> {
              float[][] rows = new float[(int) batch.getShape().get(0)][];
              Arrays.fill(rows, new float[] {1, 0});
              return rows;
            });
    try (LabeledImages images = images(2, 0.45f);
        EvasionResult result = search(constant, images, RandomSearchTest::upAndDown)) {
      assertThat(result.successRate().successes()).isZero();
      assertThat(result.warnings()).anyMatch(w -> w.contains("hide"));
    }
  }
}
