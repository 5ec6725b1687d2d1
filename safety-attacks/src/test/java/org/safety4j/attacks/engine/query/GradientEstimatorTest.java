package org.safety4j.attacks.engine.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.Observed;

class GradientEstimatorTest {
  private static final Shape SHAPE = new Shape(1, 2, 3);
  private static final double[] W = {1, -2, 0.5, 3, 0, -1};
  private static final double SQUARE = 1 + 4 + 0.25 + 9 + 1;

  /** The second logit, which is linear with gradient W. */
  private static final LogitLoss LINEAR = (logits, labels) -> Ops.pick(logits, labels);

  private static ScoreOracle oracle(ImageClassifier.Gray model, int samples, QueryLedger ledger) {
    int[] second = new int[samples];
    Arrays.fill(second, 1);
    return new ScoreOracle(model, LINEAR, second, (s, a) -> false, ledger, Run.seed(0));
  }

  private static int[] samples(int n) {
    int[] s = new int[n];
    Arrays.setAll(s, i -> i);
    return s;
  }

  private static Rng[] rngs(int n) {
    Rng[] rngs = new Rng[n];
    Arrays.setAll(rngs, i -> Rng.of(5).derive(i));
    return rngs;
  }

  @Test
  void gaussianEstimatesHaveTheGradientAsMeanAndTheKnownError() {
    // Oracle 8: mean w, squared error (d+1)|w|^2/n.
    checkMoments(Noise.GAUSSIAN, W.length + 1);
  }

  @Test
  void signEstimatesHaveTheGradientAsMeanAndTheKnownError() {
    // Oracle 8 with Rademacher directions: mean w, squared error (d-1)|w|^2/n.
    checkMoments(Noise.RADEMACHER, W.length - 1);
  }

  private static void checkMoments(Noise noise, int factor) {
    int pairs = 4;
    int n = 2000;
    int d = W.length;
    try (LinearClassifier model = LinearClassifier.halfSpace(W, 0.1, SHAPE);
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray x = manager.full(new Shape(n).addAll(SHAPE), 0.5f);
      QueryLedger ledger = new QueryLedger(n, 100, Long.MAX_VALUE);
      float[] estimates =
          new GradientEstimator(noise, pairs, 0.05)
              .estimate(oracle(model, n, ledger), x, samples(n), rngs(n))
              .toFloatArray();
      double[] mean = new double[d];
      double error = 0;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < d; j++) {
          mean[j] += estimates[i * d + j] / n;
          error += Math.pow(estimates[i * d + j] - W[j], 2) / n;
        }
      }
      double expected = factor * SQUARE / pairs;
      assertThat(error).isCloseTo(expected, within(0.08 * expected));
      for (int j = 0; j < d; j++) {
        assertThat(mean[j]).isCloseTo(W[j], within(5 * Math.sqrt(expected / n / d)));
      }
      assertThat(ledger.totalSpent()).isEqualTo(2L * pairs * n);
    }
  }

  @Test
  void anImageGetsTheSameEstimateInEveryCompany() {
    try (LinearClassifier model = LinearClassifier.halfSpace(W, 0.1, SHAPE);
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray x = manager.full(new Shape(9).addAll(SHAPE), 0.5f);
      GradientEstimator estimator = GradientEstimator.nes(50, 0.05);
      QueryLedger ledger = new QueryLedger(9, 1000, Long.MAX_VALUE);
      float[] together =
          estimator.estimate(oracle(model, 9, ledger), x, samples(9), rngs(9)).toFloatArray();
      float[] alone =
          estimator
              .estimate(
                  oracle(model, 9, ledger),
                  Ops.rows(x, 7),
                  new int[] {7},
                  new Rng[] {Rng.of(5).derive(7)})
              .toFloatArray();
      assertThat(alone)
          .usingComparatorWithPrecision(1e-4f)
          .containsExactly(Arrays.copyOfRange(together, 7 * 6, 8 * 6));
    }
  }

  @Test
  void takesFewerPairsWhereTheBudgetIsShort() {
    try (LinearClassifier model = LinearClassifier.halfSpace(W, 0.1, SHAPE);
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray x = manager.full(new Shape(1).addAll(SHAPE), 0.5f);
      QueryLedger ledger = new QueryLedger(1, 8, Long.MAX_VALUE);
      NDArray estimate =
          GradientEstimator.spsa(50, 0.05)
              .estimate(oracle(model, 1, ledger), x, samples(1), rngs(1));
      assertThat(ledger.spent(0)).isEqualTo(6);
      assertThat(ledger.left(0)).isEqualTo(2);
      assertThat(Ops.isFinite(estimate)).isTrue();
    }
  }

  @Test
  void asksOnlyWithinTheBoxAndHalvesTheEstimateAtItsWall() {
    float[] extremes = {Float.MAX_VALUE, -Float.MAX_VALUE};
    try (LinearClassifier model = LinearClassifier.halfSpace(W, 0.1, SHAPE);
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      ImageClassifier.Gray watched =
          Observed.model(
              model,
              ImageClassifier.Gray.class,
              batch -> {
                extremes[0] = Math.min(extremes[0], batch.min().getFloat());
                extremes[1] = Math.max(extremes[1], batch.max().getFloat());
              });
      NDArray x = manager.zeros(new Shape(1).addAll(SHAPE));
      QueryLedger ledger = new QueryLedger(1, 100_000, Long.MAX_VALUE);
      float[] estimate =
          GradientEstimator.nes(8000, 0.2)
              .estimate(oracle(watched, 1, ledger), x, samples(1), rngs(1))
              .toFloatArray();
      assertThat(extremes[0]).isGreaterThanOrEqualTo(0);
      assertThat(extremes[1]).isLessThanOrEqualTo(1);
      for (int j = 0; j < W.length; j++) {
        assertThat((double) estimate[j]).isCloseTo(W[j] / 2, within(0.15));
      }
    }
  }
}
