package org.safety4j.attacks.engine.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.apache.commons.math3.special.Gamma;
import org.junit.jupiter.api.Test;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.models.LinearClassifier;

class SignEstimatorTest {
  private static final Shape SHAPE = new Shape(1, 2, 3);
  private static final double[] W = {1, -2, 0.5, 3, 0, -1};

  private static float[] estimates(double offset, int n, int count) {
    double sum = Arrays.stream(W).sum();
    try (LinearClassifier model = LinearClassifier.halfSpace(W, offset - 0.5 * sum, SHAPE);
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray x = manager.full(new Shape(n).addAll(SHAPE), 0.5f);
      int[] samples = new int[n];
      int[] counts = new int[n];
      double[] delta = new double[n];
      Rng[] rngs = new Rng[n];
      for (int i = 0; i < n; i++) {
        samples[i] = i;
        counts[i] = count;
        delta[i] = 0.1;
        rngs[i] = Rng.of(3).derive(i);
      }
      LabelOracle oracle =
          new LabelOracle(
              model,
              (s, answer) -> answer == 1,
              new QueryLedger(n, count, Long.MAX_VALUE),
              Run.seed(0));
      return new SignEstimator(Noise.SPHERE)
          .estimate(oracle, x, samples, rngs, delta, counts)
          .toFloatArray();
    }
  }

  @Test
  void meanAtAHalfSpaceIsTheNormalTimesTheClosedForm() {
    // Oracle 9: w/|w| * G(d/2) / (sqrt(pi) G((d+1)/2)), times 1 - 1/n for the subtracted mean.
    int n = 3000;
    int count = 10;
    int d = W.length;
    float[] estimates = estimates(1e-6, n, count);
    double length = Math.sqrt(Arrays.stream(W).map(v -> v * v).sum());
    double factor =
        Math.exp(Gamma.logGamma(d / 2.0) - Gamma.logGamma((d + 1) / 2.0)) / Math.sqrt(Math.PI);
    for (int j = 0; j < d; j++) {
      double mean = 0;
      for (int i = 0; i < n; i++) {
        mean += estimates[i * d + j] / n;
      }
      assertThat(mean).isCloseTo(W[j] / length * factor * (1 - 1.0 / count), within(0.012));
    }
  }

  @Test
  void aPointFarFromTheBoundaryGetsTheMeanDirection() {
    float[] inside = estimates(100, 1, 50);
    float[] outside = estimates(-100, 1, 50);
    for (int j = 0; j < inside.length; j++) {
      assertThat(inside[j]).isFinite().isNotZero();
      assertThat(outside[j]).isEqualTo(-inside[j], within(1e-6f));
    }
  }
}
