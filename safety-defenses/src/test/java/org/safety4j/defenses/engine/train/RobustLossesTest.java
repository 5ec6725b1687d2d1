package org.safety4j.defenses.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Tensors;

class RobustLossesTest {
  private static NDArray logits(NDManager m, double... probabilities) {
    float[] z = new float[probabilities.length];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) Math.log(probabilities[i]) + 3;
    }
    return m.create(z, new Shape(1, z.length));
  }

  @Test
  void valuesAreTheClosedForms() {
    try (NDManager m = Tensors.newManager()) {
      NDArray p = logits(m, 0.7, 0.2, 0.1);
      NDArray q = logits(m, 0.25, 0.5, 0.25);
      NDArray zero = Ops.index(m, 0);
      double kl = 0.7 * Math.log(2.8) + 0.2 * Math.log(0.4) + 0.1 * Math.log(0.4);

      assertThat(RobustLosses.crossEntropy(p, zero).toFloatArray()[0])
          .isCloseTo((float) -Math.log(0.7), within(1e-6f));
      assertThat(RobustLosses.divergence(p, q).toFloatArray()[0])
          .isCloseTo((float) kl, within(1e-6f));
      assertThat(RobustLosses.divergence(p, p).toFloatArray()[0]).isCloseTo(0, within(1e-7f));
      assertThat(RobustLosses.boostedCrossEntropy(q, zero).toFloatArray()[0])
          .isCloseTo((float) (-Math.log(0.25) - Math.log(0.5)), within(1e-6f));
      assertThat(RobustLosses.probability(p, zero).toFloatArray()[0])
          .isCloseTo(0.7f, within(1e-6f));
    }
  }

  /** Oracle 5, for the divergence: its gradient for the adversarial logits is q - p. */
  @Test
  void gradientOfTheDivergenceIsTheDifferenceOfTheDistributions() {
    try (NDManager m = Tensors.newManager()) {
      NDArray p = logits(m, 0.7, 0.2, 0.1);
      NDArray q = logits(m, 0.25, 0.5, 0.25);

      try (var at = Grad.of(z -> RobustLosses.divergence(p, z), q)) {
        assertThat(at.gradient().toFloatArray())
            .usingComparatorWithPrecision(1e-6f)
            .containsExactly(-0.45f, 0.3f, 0.15f);
      }
    }
  }

  @Test
  void scalarWithGivenGradientHasThatValueAndThatGradient() {
    try (NDManager m = Tensors.newManager()) {
      NDArray g = m.create(new float[] {5, -7});
      NDArray value = m.create(2.5f);

      try (var at =
          Grad.of(
              w -> RobustLosses.withGradient(value, List.of(w), List.of(g)),
              m.create(new float[] {100, 3}))) {
        assertThat(at.value().getFloat()).isCloseTo(2.5f, within(1e-4f));
        assertThat(at.gradient().toFloatArray()).containsExactly(5, -7);
      }
    }
  }
}
