package org.safety4j.core.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class LossesTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<LogitLoss> losses() {
    return Stream.of(
        CrossEntropy.untargeted(),
        CrossEntropy.targeted(),
        Margin.untargeted(),
        Margin.targeted(),
        Margin.untargeted().withKappa(3),
        Margin.targeted().withKappa(3),
        Dlr.untargeted(),
        Dlr.targeted(),
        LogitGap.targeted());
  }

  private NDArray labels(LogitLoss loss) {
    return loss instanceof PairLoss
        ? manager.create(new long[] {0, 3, 1, 4, 2, 0, 3, 1, 4, 2, 2, 3}, new Shape(6, 2))
        : manager.create(new long[] {0, 1, 2, 3, 4, 2});
  }

  @ParameterizedTest
  @MethodSource("losses")
  void closedFormEqualsAutomaticGradientAndFiniteDifferences(LogitLoss loss) {
    NDArray logits = Rng.of(3).normal(manager, new Shape(6, 5)).mul(2);
    NDArray labels = labels(loss);
    float[] closed = loss.cotangent(logits, labels).toFloatArray();
    LogitLoss automatic = loss::values;
    assertThat(automatic.cotangent(logits, labels).toFloatArray())
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(closed);

    float[] z = logits.toFloatArray();
    double h = 5e-3;
    double largest = 0;
    for (int i = 0; i < z.length; i++) {
      float before = z[i];
      z[i] = (float) (before + h);
      double up = value(loss, z, labels, i / 5);
      z[i] = (float) (before - h);
      double down = value(loss, z, labels, i / 5);
      z[i] = before;
      assertThat((up - down) / (2 * h))
          .isCloseTo(closed[i], offset(5e-3 * Math.max(1, Math.abs(closed[i]))));
      largest = Math.max(largest, Math.abs(closed[i]));
    }
    assertThat(largest).isGreaterThan(0.1);
  }

  private double value(LogitLoss loss, float[] z, NDArray labels, int row) {
    return loss.values(manager.create(z, new Shape(6, 5)), labels).toFloatArray()[row];
  }

  @Test
  void crossEntropyOfEqualLogitsIsLogOfClasses() {
    NDArray logits = manager.zeros(new Shape(1, 8));
    NDArray label = manager.create(new long[] {5});
    assertThat(CrossEntropy.untargeted().values(logits, label).toFloatArray()[0])
        .isCloseTo((float) Math.log(8), offset(1e-6f));
    assertThat(CrossEntropy.targeted().values(logits, label).toFloatArray()[0])
        .isCloseTo((float) -Math.log(8), offset(1e-6f));
  }

  @Test
  void marginIsPositiveExactlyWhenTheGoalIsReachedAndStopsAtKappa() {
    NDArray logits = manager.create(new float[] {3, 1, 0, 1, 4, 0}, new Shape(2, 3));
    NDArray labels = manager.create(new long[] {0, 0});
    assertThat(Margin.untargeted().values(logits, labels).toFloatArray()).containsExactly(-2, 3);
    assertThat(Margin.targeted().values(logits, labels).toFloatArray()).containsExactly(2, -3);
    assertThat(Margin.untargeted().withKappa(1).values(logits, labels).toFloatArray())
        .containsExactly(-2, 1);
    assertThat(Margin.untargeted().withKappa(1).cotangent(logits, labels).toFloatArray())
        .containsExactly(-1, 1, 0, 0, 0, 0);
  }

  /** Oracle 6: the ratio of (3, 1, 0, -1) for class 0 is -2/3, whatever the scale and the shift. */
  @Test
  void dlrIgnoresShiftAndScale() {
    NDArray logits = manager.create(new float[] {3, 1, 0, -1}, new Shape(1, 4));
    NDArray label = manager.create(new long[] {0});
    for (double a : new double[] {1, 0.25, 40}) {
      NDArray moved = logits.mul(a).add(7);
      assertThat(Dlr.untargeted().values(moved, label).toFloatArray()[0])
          .isCloseTo(-2f / 3, offset(1e-5f));
      // (z_t - z_y) / (z_1 - (z_3 + z_4) / 2) = (0 - 3) / (3 + 0.5)
      assertThat(
              Dlr.targeted()
                  .values(moved, manager.create(new long[] {0, 2}, new Shape(1, 2)))
                  .toFloatArray()[0])
          .isCloseTo(-3f / 3.5f, offset(1e-5f));
    }
  }

  @Test
  void dlrOfAWrongAnswerIsPositive() {
    NDArray logits = manager.create(new float[] {3, 1, 0, -1}, new Shape(1, 4));
    assertThat(Dlr.untargeted().values(logits, manager.create(new long[] {1})).toFloatArray()[0])
        .isCloseTo(2f / 3, offset(1e-6f));
  }

  @Test
  void dlrRefusesTooFewClasses() {
    NDArray logits = manager.zeros(new Shape(1, 2));
    assertThatThrownBy(() -> Dlr.untargeted().values(logits, manager.create(new long[] {0})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the DLR loss needs at least 3 classes, the model has 2; use Margin or CrossEntropy");
  }

  @Test
  void kappaBelowZeroIsRefused() {
    assertThatThrownBy(() -> Margin.untargeted().withKappa(-1))
        .hasMessage("kappa must be at least 0, was -1.0");
  }
}
