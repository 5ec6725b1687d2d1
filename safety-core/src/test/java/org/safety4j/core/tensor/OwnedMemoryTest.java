package org.safety4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Numbers that enter a graph from Java are still there when gradients are pulled back, whatever the
 * garbage collector did in between.
 */
class OwnedMemoryTest {
  private static NDManager manager;

  @BeforeAll
  static void open() {
    manager = Tensors.newManager();
  }

  @AfterAll
  static void close() {
    manager.close();
  }

  /** Lets the collector free buffers and fills their memory with other numbers. */
  private static void churn() {
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      System.gc();
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      for (int i = 0; i < 4_000; i++) {
        buffers.add(ByteBuffer.allocateDirect(4).putInt(0, 0x4f4f4f4f));
      }
    }
    assertThat(buffers).hasSize(12_000);
  }

  private static float gradient(UnaryOperator<NDArray> function, float at) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray x = Grad.leaf(manager.full(new Shape(1), at));
      NDArray y = function.apply(x);
      churn();
      return Grad.vjp(y, x, manager.ones(new Shape(1))).getFloat();
    }
  }

  @Test
  void factorsSurviveTheCollector() {
    assertThat(gradient(x -> x.mul(3), 1)).isEqualTo(3f);
    assertThat(gradient(x -> x.div(4), 1)).isEqualTo(0.25f);
    assertThat(gradient(x -> x.pow(3), 2)).isEqualTo(12f);
  }

  @Test
  void boundsSurviveTheCollector() {
    assertThat(gradient(x -> Ops.clamp(x, 0, 1), 0.5f)).isEqualTo(1f);
    assertThat(gradient(x -> Ops.clamp(x, 0, 1), 1.5f)).isZero();
  }

  @Test
  void arraysThatAreClosedEarlySurviveTheCollector() {
    assertThat(
            gradient(
                x -> {
                  try (NDArray weights = manager.create(new float[] {5})) {
                    return x.mul(weights);
                  }
                },
                1))
        .isEqualTo(5f);
  }

  @Test
  void innerScopesAreWatchedToo() {
    assertThat(
            gradient(
                x -> {
                  try (Scope inner = Scope.open()) {
                    return inner.keep(x.mul(7));
                  }
                },
                1))
        .isEqualTo(7f);
  }

  @Test
  void valuesAreTheSameAndNothingLeaks() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      long[] labels = {3, 1, 2};
      assertThat(manager.create(labels).toLongArray()).isEqualTo(labels);
      assertThat(manager.create(new boolean[] {true, false}).toBooleanArray())
          .containsExactly(true, false);
      assertThat(manager.create(2.5f).getFloat()).isEqualTo(2.5f);
      int before = manager.getManagedArrays().size();
      for (int i = 0; i < 50; i++) {
        manager.create(new float[] {1, 2}).close();
      }
      assertThat(manager.getManagedArrays()).hasSize(before);
    }
  }
}
