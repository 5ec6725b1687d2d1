package org.safety4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GradTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void valueAndGradientOfACubicOneASample() {
    NDArray x = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
    ValueAndGradient at = Grad.of(z -> z.pow(3).sum(new int[] {1}), x);
    assertThat(at.value().toFloatArray()).containsExactly(9, 91);
    assertThat(at.gradient().toFloatArray()).containsExactly(3, 12, 27, 48);
    assertThat(x.hasGradient()).isFalse();
  }

  @Test
  void matchesFiniteDifferencesThroughADeepExpression() {
    NDArray x = Ops.float64(Rng.of(1).normal(manager, new Shape(3, 4)));
    FiniteDifferences.check(z -> Ops.softmax(z.mul(z).sin()).log().mul(z.tanh()), x);
  }

  @Test
  void secondOrderGivesTheHessianOfAQuartic() {
    try (GradMode mode = GradMode.on()) {
      NDArray x = Grad.leaf(manager.create(new float[] {1, 2, -1}));
      NDArray y = x.pow(4).sum();
      for (int i = 0; i < 5; i++) {
        NDList first = Grad.vjpsRecorded(List.of(y), List.of(x), List.of(manager.create(1f)));
        NDArray v = manager.create(new float[] {1, 10, 100});
        NDArray second = Grad.vjp(first.get(0), x, v);
        // d2/dx2 x^4 = 12 x^2, diagonal
        assertThat(second.toFloatArray())
            .usingComparatorWithPrecision(1e-3f)
            .containsExactly(12, 480, 1200);
      }
    }
  }

  @Test
  void pullsBackSeveralOutputsAndFillsZerosWhereNothingDepends() {
    try (GradMode mode = GradMode.on()) {
      NDArray a = Grad.leaf(manager.create(new float[] {1, 2}));
      NDArray b = Grad.leaf(manager.create(new float[] {3, 4}));
      NDArray unrelated = Grad.leaf(manager.create(new float[] {7}));
      NDArray product = a.mul(b);
      NDArray square = a.mul(a);
      NDArray v = manager.create(new float[] {1, 10});
      NDArray w = manager.create(new float[] {2, 2});
      NDList g = Grad.vjps(List.of(product, square), List.of(a, b, unrelated), List.of(v, w));
      assertThat(g.get(0).toFloatArray()).containsExactly(3 + 4, 40 + 8);
      assertThat(g.get(1).toFloatArray()).containsExactly(1, 20);
      assertThat(g.get(2).toFloatArray()).containsExactly(0);
      assertThat(Grad.vjp(square, b, w).toFloatArray()).containsExactly(0, 0);
    }
  }

  @Test
  void parametersKeepNoGradient() {
    NDArray weight = manager.create(new float[] {2, 3});
    weight.setRequiresGradient(true);
    NDArray x = manager.create(new float[] {1, 1});
    for (int i = 0; i < 3; i++) {
      assertThat(Grad.of(z -> z.mul(weight), x).gradient().toFloatArray()).containsExactly(2, 3);
    }
    assertThat(weight.getGradient().toFloatArray()).containsExactly(0, 0);
  }

  @Test
  void recordsAlthoughRecordingWasOffAndLeavesItOff() {
    NDArray x = manager.create(new float[] {3});
    try (GradMode off = GradMode.off()) {
      assertThat(Grad.of(z -> z.mul(z), x).gradient().toFloatArray()).containsExactly(6);
      NDArray unrecorded = Grad.leaf(x).mul(2);
      assertThatThrownBy(() -> Grad.vjp(unrecorded, x, x)).hasMessageContaining("require grad");
    }
  }

  @Test
  void fourThreadsAtOnceGetTheSameGradients() throws Exception {
    NDArray w = Rng.of(4).normal(manager, new Shape(16, 16));
    float[] input = Rng.of(5).normal(manager, new Shape(8, 16)).toFloatArray();
    float[] expected = gradient(w, input);
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Callable<float[]>> tasks = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        tasks.add(() -> gradient(w, input));
      }
      for (Future<float[]> future : pool.invokeAll(tasks)) {
        assertThat(future.get()).containsExactly(expected);
      }
    } finally {
      pool.shutdown();
    }
  }

  private static float[] gradient(NDArray w, float[] input) {
    try (NDManager own = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray x = own.create(input, new Shape(8, 16));
      return Grad.of(z -> z.matMul(w).tanh().sum(new int[] {1}), x).gradient().toFloatArray();
    }
  }

  @Test
  void leavesNothingBehind() {
    NDArray x = manager.create(new float[] {1, 2});
    Grad.of(z -> z.mul(z).sin(), x).close();
    int before = Tensors.liveArrays();
    for (int i = 0; i < 50; i++) {
      Grad.of(z -> z.mul(z).sin(), x).close();
    }
    assertThat(Tensors.liveArrays()).isEqualTo(before);
  }

  @Test
  void gradientsOfSeveralScalarsAdd() {
    try (GradMode mode = GradMode.on()) {
      NDArray x = Grad.leaf(manager.create(new float[] {2}));
      NDList g = Grad.gradients(List.of(x.mul(x).sum(), x.mul(5).sum()), List.of(x));
      assertThat(g.get(0).getFloat()).isCloseTo(9, offset(1e-6f));
    }
  }
}
