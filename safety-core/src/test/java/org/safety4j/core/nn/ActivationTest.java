package org.safety4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchEngine;
import org.safety4j.core.tensor.torch.TorchProgram;

@Isolated
class ActivationTest {
  /**
   * Counts around the limits at which one thread more takes part, and others that nothing divides.
   */
  private static final int[] COUNTS = {
    31,
    25601,
    25999,
    32767,
    32769,
    33 * 1009,
    65535,
    65537,
    65601,
    98304 + 33,
    131071,
    150001,
    262145
  };

  private static final int[] THREADS = {1, 2, 3, 5, 7, 8, 16};

  private static TorchProgram program(Activation activation) {
    String call = "def act(self, x: Tensor) -> Tensor:\n  return " + activation.expression() + "\n";
    return TorchProgram.compile(activation.name(), Activation.text() + call, Map.of());
  }

  private static DoubleUnaryOperator formula(Activation activation) {
    return switch (activation) {
      case GELU -> x -> x * 0.5 * Erf.erfc(-x / Math.sqrt(2));
      case GELU_TANH ->
          x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case QUICK_GELU -> x -> x / (1 + Math.exp(-1.702 * x));
      case RELU -> x -> Math.max(x, 0);
      case SILU -> x -> x / (1 + Math.exp(-x));
      case TANH -> Math::tanh;
    };
  }

  /** The functions' values and their gradients, of arrays that lie in several ways. */
  private static List<float[]> answers(Activation activation, int threads) {
    List<float[]> answers = new ArrayList<>();
    JniUtils.setNumThreads(threads);
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open();
        TorchProgram program = program(activation)) {
      UnaryOperator<NDArray> act = x -> program.one("act", x);
      for (int n : COUNTS) {
        NDArray x = Rng.of(n).normal(manager, new Shape(n)).mul(3);
        answers.add(act.apply(x).toFloatArray());
        try (GradMode mode = GradMode.on()) {
          NDArray leaf = Grad.leaf(x);
          answers.add(Grad.vjp(act.apply(leaf), leaf, x.add(0.1f)).toFloatArray());
        }
      }
      NDArray table = Rng.of(1).normal(manager, new Shape(301, 2 * 352)).mul(3);
      answers.add(act.apply(table.get(":, :352")).toFloatArray());
      answers.add(act.apply(table.get(":, :347")).toFloatArray());
      answers.add(act.apply(table.transpose()).toFloatArray());
    }
    return answers;
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void noBitDependsOnTheNumberOfThreads(Activation activation) {
    int before = TorchEngine.threads();
    try {
      List<float[]> first = answers(activation, 1);
      for (int threads : THREADS) {
        List<float[]> others = answers(activation, threads);
        for (int i = 0; i < first.size(); i++) {
          assertThat(others.get(i)).as("%d threads, array %d", threads, i).isEqualTo(first.get(i));
        }
      }
    } finally {
      JniUtils.setNumThreads(before);
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void valuesAndGradientsAreThoseOfTheFormula(Activation activation) {
    DoubleUnaryOperator f = formula(activation);
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open();
        TorchProgram program = program(activation);
        GradMode mode = GradMode.on()) {
      for (int n : new int[] {100, 65601}) {
        NDArray x = Rng.of(4).normal(manager, new Shape(n)).mul(3);
        NDArray leaf = Grad.leaf(x);
        NDArray y = program.one("act", leaf);
        NDArray gradient = Grad.vjp(y, leaf, y.onesLike());
        float[] points = x.toFloatArray();
        float[] values = y.toFloatArray();
        float[] slopes = gradient.toFloatArray();
        for (int i = 0; i < n; i += 7) {
          assertThat((double) values[i]).isCloseTo(f.applyAsDouble(points[i]), within(3e-6));
          double h = 1e-5;
          if (Math.abs(points[i]) > h) {
            double slope =
                (f.applyAsDouble(points[i] + h) - f.applyAsDouble(points[i] - h)) / (2 * h);
            assertThat((double) slopes[i]).isCloseTo(slope, within(1e-5));
          }
        }
      }
    }
  }

  @Test
  void farOutNothingIsNan() {
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open();
        TorchProgram program = program(Activation.SILU);
        GradMode mode = GradMode.on()) {
      NDArray leaf = Grad.leaf(manager.create(new float[] {-200, -90, 90, 200}));
      NDArray y = program.one("act", leaf);
      assertThat(Grad.vjp(y, leaf, y.onesLike()).abs().toFloatArray()).containsExactly(0, 0, 1, 1);
      assertThat(y.abs().toFloatArray()).containsExactly(0, 0, 90, 200);
    }
  }

  @Test
  void namesAreThoseOfConfigurations() {
    assertThat(Activation.of("gelu_new")).isEqualTo(Activation.GELU_TANH);
    assertThat(Activation.of("swish")).isEqualTo(Activation.SILU);
    assertThatThrownBy(() -> Activation.of("gelo"))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("gelo")
        .hasMessageContaining("gelu");
  }
}
