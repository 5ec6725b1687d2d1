package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.Model;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.tensor.torch.TorchEngine;

/**
 * What every model must keep to, of whatever family. Each family has a suite of its own on top of
 * this one, whose rules run as far up the rungs as the model goes.
 *
 * @param <M> the lowest rung that the family's suite needs
 */
public abstract class ModelContract<M extends Model> {
  private M model;
  private NDManager manager;

  /** For suites. */
  protected ModelContract() {}

  /**
   * Opens the model under test.
   *
   * @return the model; closed by the contract
   */
  protected abstract M open();

  /**
   * Lists the family's rungs.
   *
   * @return narrowest first
   */
  protected abstract List<Class<? extends Model>> rungs();

  /**
   * Asks the model something that it answers with numbers.
   *
   * @param asked the model
   * @param own owns what is made on the way
   * @return the answer, the same whenever it is asked
   */
  protected abstract float[] answer(M asked, NDManager own);

  /** Uses all that the model offers and frees every answer, to see whether anything remains. */
  abstract void use();

  /**
   * Tells whether the model refuses once it is closed.
   *
   * @return true by default; false for views, whose closing does nothing
   */
  protected boolean refusesOnceClosed() {
    return true;
  }

  /**
   * Returns how far numbers of one sample may differ between batches and ways of asking.
   *
   * @return 1e-4 by default
   */
  protected double tolerance() {
    return 1e-4;
  }

  /**
   * Returns how far a directional derivative may differ from finite differences, relative to its
   * size.
   *
   * @return 0.02 by default
   */
  protected double gradientTolerance() {
    return 0.02;
  }

  /**
   * Returns the step of finite differences.
   *
   * @return 1e-2 by default
   */
  protected double gradientStep() {
    return 1e-2;
  }

  /** Opens the model. */
  @BeforeEach
  protected final void openContract() {
    model = open();
    manager = Tensors.newManager();
    prepare();
  }

  /** Makes what a suite's rules share, once the model is open. */
  void prepare() {}

  /** Closes the model twice, which must do nothing the second time. */
  @AfterEach
  protected final void closeContract() {
    manager.close();
    model.close();
    model.close();
  }

  final M model() {
    return model;
  }

  final NDManager manager() {
    return manager;
  }

  /** Shows the model at a rung, or skips the rule where it does not go so far up. */
  final <R> R as(Class<R> rung) {
    Assumptions.assumeTrue(rung.isInstance(model), "the model is no " + rung.getSimpleName());
    return rung.cast(model);
  }

  final void assertNear(NDArray actual, NDArray expected, double tolerance) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    assertNear(actual.toFloatArray(), expected.toFloatArray(), tolerance);
  }

  /** Shows the worst number only: arrays are long. */
  static void assertNear(float[] actual, float[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    int worst = 0;
    for (int i = 0; i < actual.length; i++) {
      if (!(difference(actual, expected, i) <= difference(actual, expected, worst))) {
        worst = i;
      }
    }
    assertThat(difference(actual, expected, worst))
        .as("number %d is %s, not %s", worst, actual[worst], expected[worst])
        .isLessThanOrEqualTo(tolerance);
  }

  private static double difference(float[] a, float[] b, int i) {
    return a[i] == b[i] ? 0 : Math.abs((double) a[i] - b[i]);
  }

  static void assertFinite(NDArray array) {
    assertThat(Ops.isFinite(array)).isTrue();
  }

  /** Checks that the last axis holds distributions. */
  static void assertDistributions(NDArray weights) {
    assertThat(weights.min().getFloat()).isGreaterThanOrEqualTo(-1e-6f);
    int last = weights.getShape().dimension() - 1;
    assertThat(weights.sum(new int[] {last}).sub(1).abs().max().getFloat()).isLessThan(1e-4f);
  }

  /** Joins answers along their first axis. */
  static NDArray joined(int count, IntFunction<NDArray> part) {
    NDList parts = new NDList();
    for (int i = 0; i < count; i++) {
      parts.add(part.apply(i));
    }
    return count == 1 ? parts.get(0) : ai.djl.ndarray.NDArrays.concat(parts, 0);
  }

  /**
   * Compares a gradient with central differences of the same loss, along the gradient, where the
   * change is largest, and a little away from it, where errors would hide.
   */
  final void assertGradient(NDArray x, ValueAndGradient found, UnaryOperator<NDArray> loss) {
    NDArray gradient = found.gradient();
    assertThat(gradient.getShape()).isEqualTo(x.getShape());
    assertNear(
        new float[] {found.value().sum().getFloat()},
        new float[] {value(x, loss)},
        tolerance() * Math.max(1, Math.abs(value(x, loss))));
    NDArray random = Rng.of(9).normal(manager, x.getShape());
    NDArray direction =
        gradient.div(gradient.norm().maximum(1e-12f)).add(random.div(random.norm()).mul(0.3));
    double h = gradientStep();
    NDArray along = direction.mul(h);
    double derivative = gradient.mul(direction).sum().getFloat();
    assertThat(derivative).isPositive();
    double up = value(x.add(along), loss);
    double down = value(x.sub(along), loss);
    assertThat((up - down) / (2 * h))
        .isCloseTo(derivative, offset(gradientTolerance() * derivative));
  }

  private static float value(NDArray x, UnaryOperator<NDArray> loss) {
    try (GradMode mode = GradMode.off()) {
      return loss.apply(x).sum().getFloat();
    }
  }

  /** Weighs numbers at random, so that a sum of them depends on each. */
  static NDArray weighed(NDArray y) {
    return y.mul(Rng.of(31).normal(y.getManager(), y.getShape()));
  }

  /** Checks that a call is refused with a message that names what is wrong. */
  static void assertRefused(Runnable call, String... named) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(named);
  }

  private float[] asked() {
    try (NDManager own = Tensors.newManager();
        Scope scope = Scope.open()) {
      return answer(model, own);
    }
  }

  @Test
  final void saysWhoItIs() {
    assertThat(model.card().name()).isNotBlank();
  }

  @Test
  final void answersTheSameTwiceInFiniteNumbers() {
    float[] first = asked();
    assertThat(first).isNotEmpty();
    for (float each : first) {
      assertThat(each).isFinite();
    }
    assertThat(asked()).isEqualTo(first);
  }

  @Test
  final void answersTheSameOnFourThreads() throws Exception {
    float[] expected = asked();
    for (float[] each : onFourThreads(this::asked)) {
      assertNear(each, expected, tolerance());
    }
  }

  static List<float[]> onFourThreads(Callable<float[]> task) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<float[]> answers = new ArrayList<>();
      for (Future<float[]> future : pool.invokeAll(java.util.Collections.nCopies(8, task))) {
        answers.add(future.get());
      }
      return answers;
    } finally {
      pool.shutdown();
    }
  }

  @Test
  final void leavesNothingBehind() {
    use();
    int before = Tensors.liveArrays();
    for (int i = 0; i < 5; i++) {
      use();
    }
    assertThat(Tensors.liveArrays()).isEqualTo(before);
  }

  static void free(AutoCloseable... answers) {
    for (AutoCloseable each : answers) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  final void leavesTheGradientModeAsItWas() {
    for (boolean recording : new boolean[] {true, false}) {
      try (GradMode mode = recording ? GradMode.on() : GradMode.off()) {
        use();
        assertThat(TorchEngine.recordGradients(recording)).isEqualTo(recording);
      }
    }
  }

  @Test
  final void aRestrictedModelShowsItsRungAlone() {
    for (Class<? extends Model> rung : rungs()) {
      if (rung.isInstance(model)) {
        Model restricted = restricted(rung);
        for (Class<? extends Model> other : rungs()) {
          assertThat(other.isInstance(restricted))
              .as("%s of %s", other, rung)
              .isEqualTo(other.isAssignableFrom(rung));
        }
        assertThat(restricted.card()).isEqualTo(model.card());
        restricted.close();
      }
    }
    assertThat(asked()).isNotEmpty();
  }

  private <R extends Model> R restricted(Class<R> rung) {
    return Access.restrict(rung.cast(model), rung, Budget.unlimited());
  }

  @Test
  final void aClosedModelRefusesAndKeepsTheProcessAlive() {
    Assumptions.assumeTrue(refusesOnceClosed(), "closing the model does nothing");
    asked();
    model.close();
    assertThatThrownBy(this::asked).isInstanceOf(RuntimeException.class);
  }

  static long[] wide(int[] ids) {
    return Arrays.stream(ids).asLongStream().toArray();
  }
}
