package org.safety4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.function.UnaryOperator;

/** Compares reverse-mode gradients with central differences, in double precision. */
final class FiniteDifferences {
  private static final double STEP = 1e-5;

  private FiniteDifferences() {}

  /** The gradient of a random projection of the output must match, and must not be zero. */
  static void check(UnaryOperator<NDArray> function, NDArray x) {
    NDManager manager = x.getManager();
    NDArray weights;
    try (GradMode mode = GradMode.off()) {
      NDArray y = function.apply(x);
      weights = Ops.float64(Rng.of(17).normal(manager, y.getShape()));
    }
    UnaryOperator<NDArray> scalar = z -> function.apply(z).mul(weights).sum();
    double[] gradient = Grad.of(scalar, x).gradient().toDoubleArray();
    double[] values = x.toDoubleArray();
    double largest = 0;
    for (int i = 0; i < values.length; i++) {
      double up = at(scalar, x, values, i, STEP);
      double down = at(scalar, x, values, i, -STEP);
      assertThat((up - down) / (2 * STEP))
          .as("entry %d", i)
          .isCloseTo(gradient[i], offset(1e-5 * Math.max(1, Math.abs(gradient[i]))));
      largest = Math.max(largest, Math.abs(gradient[i]));
    }
    assertThat(largest).isGreaterThan(1e-3);
  }

  private static double at(
      UnaryOperator<NDArray> scalar, NDArray x, double[] values, int i, double step) {
    double[] moved = values.clone();
    moved[i] += step;
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scalar.apply(x.getManager().create(moved, x.getShape())).getDouble();
    }
  }
}
