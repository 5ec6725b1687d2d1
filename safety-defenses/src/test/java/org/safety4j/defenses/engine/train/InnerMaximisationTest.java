package org.safety4j.defenses.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.Fixtures;
import org.safety4j.defenses.engine.certify.LayeredNetwork;
import org.safety4j.defenses.engine.train.InnerMaximisation.Start;

class InnerMaximisationTest {
  private static final float[] W = {3, -2, 1, 2};

  private NDManager m;

  @BeforeEach
  void open() {
    m = Tensors.newManager();
  }

  @AfterEach
  void close() {
    m.close();
  }

  private NDArray search(InnerMaximisation inner, LayeredNetwork model, NDArray x, int[] labels) {
    NDArray y = Fixtures.array(m, labels);
    int[] samples = new int[labels.length];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = 10 + i;
    }
    return inner.maximise(
        model, x, samples, z -> RobustLosses.crossEntropy(z, y), Rng.of(0).derive("inner"));
  }

  /** Oracles 1 and 2: on a linear model every start ends in the corner, eps |w|_1 lower. */
  @ParameterizedTest
  @EnumSource(Start.class)
  void everyStartEndsInTheCornerOfALinearModel(Start start) {
    NDArray x = m.create(new float[] {.5f, .5f, .5f, .5f}, new Shape(1, 1, 1, 4));
    InnerMaximisation inner = new InnerMaximisation(Ball.linf(0.1), 10, 0.25, start, false);

    try (LayeredNetwork model = Fixtures.halfSpace(W, 0)) {
      NDArray found = search(inner, model, x, new int[] {1});

      assertThat(found.toFloatArray())
          .usingComparatorWithPrecision(1e-6f)
          .containsExactly(.4f, .6f, .4f, .4f);
      assertThat(model.logits(x).sub(model.logits(found)).toFloatArray()[1])
          .isCloseTo(0.8f, within(1e-5f));
    }
  }

  /** Oracle 1: eps |w|_2. */
  @Test
  void l2OptimumOfALinearModelIsAlongTheWeights() {
    NDArray x = m.create(new float[] {.5f, .5f, .5f, .5f}, new Shape(1, 1, 1, 4));
    InnerMaximisation inner = new InnerMaximisation(Ball.l2(0.3), 20, 0.25, Start.UNIFORM, false);

    try (LayeredNetwork model = Fixtures.halfSpace(W, 0)) {
      NDArray found = search(inner, model, x, new int[] {1});

      assertThat((double) model.logits(x).sub(model.logits(found)).toFloatArray()[1])
          .isCloseTo(0.3 * Math.sqrt(18), within(5e-3));
      assertThat(Norm.L2.of(found.sub(x)).getFloat()).isLessThanOrEqualTo(0.3f + 1e-6f);
    }
  }

  @Test
  void startsLieInTheBallAndFollowTheSampleNumbers() {
    NDArray x = Fixtures.images(m, 6, new Shape(1, 8, 8), 3);
    int[] labels = new int[6];

    try (LayeredNetwork model = Fixtures.convNet(1)) {
      for (Ball ball : new Ball[] {Ball.linf(0.1), Ball.l2(0.5)}) {
        InnerMaximisation none = new InnerMaximisation(ball, 0, 0.25, Start.UNIFORM, false);
        NDArray start = search(none, model, x, labels);
        NDArray distance = ball.norm().of(start.sub(x));

        assertThat(distance.max().getFloat()).isLessThanOrEqualTo((float) ball.epsilon() + 1e-6f);
        assertThat(distance.min().getFloat()).isGreaterThan(0.3f * (float) ball.epsilon());
        assertThat(start.min().getFloat()).isNotNegative();
        NDArray reversed =
            none.maximise(
                model,
                Ops.rows(x, 5, 2),
                new int[] {15, 12},
                z -> z.sum(new int[] {1}),
                Rng.of(0).derive("inner"));
        assertThat(reversed.toFloatArray()).isEqualTo(Ops.rows(start, 5, 2).toFloatArray());
      }
    }
  }

  @Test
  void searchRaisesTheLossAndLeavesWeightsAndGradientsAlone() {
    NDArray x = Fixtures.images(m, 8, new Shape(1, 8, 8), 3);

    try (LayeredNetwork model = Fixtures.convNet(1)) {
      int[] labels = model.labels(x);
      NDArray y = Fixtures.array(m, labels);
      Map<String, NDArray> parameters = model.parameters();
      parameters.values().forEach(p -> p.setRequiresGradient(true));
      float[] before = parameters.get("1.weight").toFloatArray();
      NDArray found =
          search(
              new InnerMaximisation(Ball.linf(0.1), 5, 0.5, Start.NEAR, false), model, x, labels);
      NDArray same =
          search(new InnerMaximisation(Ball.linf(0.1), 5, 0.5, Start.NEAR, true), model, x, labels);
      parameters.values().forEach(p -> p.setRequiresGradient(false));

      float[] clean = RobustLosses.crossEntropy(model.logits(x), y).toFloatArray();
      float[] attacked = RobustLosses.crossEntropy(model.logits(found), y).toFloatArray();
      for (int i = 0; i < clean.length; i++) {
        assertThat(attacked[i]).isGreaterThan(clean[i] + 0.1f);
      }
      assertThat(found.hasGradient()).isFalse();
      assertThat(parameters.get("1.weight").toFloatArray()).isEqualTo(before);
      assertThat(same.toFloatArray())
          .usingComparatorWithPrecision(1e-6f)
          .containsExactly(found.toFloatArray());
    }
  }

  @Test
  void errorsNameFieldAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new InnerMaximisation(Ball.l1(1), 1, 1, Start.IMAGE, false))
        .withMessageContaining("Linf or L2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new InnerMaximisation(Ball.l2(1), 1, 0, Start.IMAGE, false))
        .withMessageContaining("stepShare");
  }
}
