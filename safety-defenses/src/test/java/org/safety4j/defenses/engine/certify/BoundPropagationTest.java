package org.safety4j.defenses.engine.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.run.CancelToken;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.Fixtures;

class BoundPropagationTest {
  private NDManager m;

  @BeforeEach
  void open() {
    m = Tensors.newManager();
  }

  @AfterEach
  void close() {
    m.close();
  }

  private NDArray epsilon(int n, double value) {
    return m.ones(new Shape(n, 1, 1, 1)).mul((float) value);
  }

  private float[] margins(
      LayeredNetwork network, NDArray x, NDArray labels, double epsilon, BoundMethod method) {
    Box box = Box.linf(x, epsilon((int) x.getShape().get(0), epsilon));
    return BoundPropagation.margins(network, box, labels, method).toFloatArray();
  }

  private static LayeredNetwork dense(Shape input, long seed) {
    return LayeredNetwork.builder("dense", input)
        .flatten()
        .linear(8)
        .relu()
        .linear(8)
        .relu()
        .linear(3)
        .build(Rng.of(seed));
  }

  /** Odd sides, a stride that leaves pixels over, padding, scaling. */
  private static LayeredNetwork convolutional(long seed) {
    return LayeredNetwork.builder("convolutional", new Shape(2, 7, 6))
        .normalize(0.4, 0.3)
        .convolution(3, 3, 2, 1)
        .relu()
        .convolution(4, 2, 1, 0)
        .relu()
        .flatten()
        .linear(3)
        .build(Rng.of(seed));
  }

  /** Oracle 22: exact on one layer, eps |w_y - w_k|_1 below the margin. */
  @ParameterizedTest
  @EnumSource(BoundMethod.class)
  void boundsOfALinearModelAreExact(BoundMethod method) {
    NDArray x = m.create(new float[] {.5f, .5f, .5f, .5f}, new Shape(1, 1, 1, 4));

    try (LayeredNetwork model = Fixtures.halfSpace(new float[] {3, -2, 1, 2}, 0.5f)) {
      float[] bounds = margins(model, x, Fixtures.array(m, 1), 0.1, method);

      assertThat(bounds[0]).isCloseTo(0.5f * 4 + 0.5f - 0.1f * 8, within(1e-5f));
      assertThat(bounds[1]).isCloseTo(0, within(1e-6f));
    }
  }

  /** Oracle 22: sound, checked on a grid that has the box's corners. */
  @ParameterizedTest
  @EnumSource(BoundMethod.class)
  void noPointOfAGridHasASmallerMargin(BoundMethod method) {
    Shape input = new Shape(1, 1, 2);
    double radius = 0.2;
    int side = 21;
    for (long seed = 0; seed < 5; seed++) {
      try (LayeredNetwork network = dense(input, seed)) {
        NDArray x = Fixtures.images(m, 1, input, seed).mul(0.5f).add(0.25f);
        int label = network.labels(x)[0];
        float[] center = x.toFloatArray();
        float[] grid = new float[side * side * 2];
        for (int i = 0; i < side * side; i++) {
          grid[2 * i] = (float) (center[0] + radius * (2.0 * (i % side) / (side - 1) - 1));
          grid[2 * i + 1] = (float) (center[1] + radius * (2.0 * (i / side) / (side - 1) - 1));
        }
        float[] logits =
            network.logits(m.create(grid, new Shape(side * side, 1, 1, 2))).toFloatArray();
        float[] bounds = margins(network, x, Fixtures.array(m, label), radius, method);
        for (int k = 0; k < 3; k++) {
          float least = Float.MAX_VALUE;
          for (int i = 0; i < side * side; i++) {
            least = Math.min(least, logits[3 * i + label] - logits[3 * i + k]);
          }
          assertThat(bounds[k]).isLessThanOrEqualTo(least + 1e-4f);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(BoundMethod.class)
  void noCornerOfAnImagesBoxHasASmallerMargin(BoundMethod method) {
    for (long seed = 0; seed < 3; seed++) {
      try (LayeredNetwork network = convolutional(seed)) {
        NDArray x = Fixtures.images(m, 2, network.inputShape(), seed);
        NDArray labels = Fixtures.array(m, network.labels(x));
        float[] bounds = margins(network, x, labels, 0.05, method);
        for (int corner = 0; corner < 50; corner++) {
          NDArray signs = Rng.of(corner).signs(m, x.getShape());
          NDArray moved = Ops.clamp(x.add(signs.mul(0.05f)), 0, 1);
          float[] logits = network.logits(moved).toFloatArray();
          long[] own = labels.toLongArray();
          for (int i = 0; i < 2; i++) {
            for (int k = 0; k < 3; k++) {
              float margin = logits[3 * i + (int) own[i]] - logits[3 * i + k];
              assertThat(bounds[3 * i + k]).isLessThanOrEqualTo(margin + 1e-4f);
            }
          }
        }
      }
    }
  }

  /** Where no unit changes sides the network is linear, and relaxation is exact. */
  @Test
  void relaxationIsExactWhereNoUnitChangesSides() {
    double radius = 1e-4;
    try (LayeredNetwork network = convolutional(3)) {
      NDArray x = Fixtures.images(m, 1, network.inputShape(), 8).mul(0.8f).add(0.1f);
      int label = network.labels(x)[0];
      NDArray labels = Fixtures.array(m, label);
      float[] bounds = margins(network, x, labels, radius, BoundMethod.CROWN_INTERVAL);
      float[] logits = network.logits(x).toFloatArray();
      for (int k = 0; k < 3; k++) {
        int other = k;
        if (k == label) {
          continue;
        }
        try (var at =
            network.gradient(
                x, labels, (z, y) -> Ops.pick(z, y).sub(Ops.pick(z, Fixtures.array(m, other))))) {
          double slope = at.gradient().abs().sum().getFloat();
          assertThat((double) bounds[k])
              .isCloseTo(logits[label] - logits[k] - radius * slope, within(2e-5));
          assertThat(radius * slope).isGreaterThan(1e-4);
        }
      }
    }
  }

  /** Oracle 22: the gap of linear relaxation is never larger than that of intervals. */
  @Test
  void eachMethodIsTighterThanTheOneBefore() {
    try (LayeredNetwork network = dense(new Shape(1, 2, 3), 5)) {
      NDArray x = Fixtures.images(m, 8, network.inputShape(), 8);
      NDArray labels = Fixtures.array(m, network.labels(x));
      float[] interval = margins(network, x, labels, 0.1, BoundMethod.INTERVAL);
      float[] mixed = margins(network, x, labels, 0.1, BoundMethod.CROWN_INTERVAL);
      float[] crown = margins(network, x, labels, 0.1, BoundMethod.CROWN);
      double gain = 0;
      double more = 0;
      for (int i = 0; i < interval.length; i++) {
        assertThat(mixed[i]).isGreaterThanOrEqualTo(interval[i] - 1e-5f);
        assertThat(crown[i]).isGreaterThanOrEqualTo(mixed[i] - 1e-4f);
        gain += mixed[i] - interval[i];
        more += crown[i] - mixed[i];
      }
      assertThat(gain / interval.length).isGreaterThan(0.1);
      assertThat(more / interval.length).isGreaterThan(0.01);
    }
  }

  /** Every certificate is attacked; one that falls fails the build. */
  @ParameterizedTest
  @EnumSource(BoundMethod.class)
  void noAttackBreaksACertificateButOneBreaksWhatHasNone(BoundMethod method) {
    NDArray x = Fixtures.images(m, 30, new Shape(1, 8, 8), 4);
    try (LayeredNetwork network = Fixtures.convNet(6);
        LabeledImages images = Fixtures.answered(network, x)) {
      double[] radii = BoundPropagation.radii(network, images, method, Run.seed(0));
      for (int i = 0; i < radii.length; i++) {
        assertThat(radii[i]).isPositive();
        NDArray one = Ops.rows(x, i);
        NDArray attacked = attack(network, one, images.labels()[i], radii[i]);
        assertThat(network.labels(attacked)).containsExactly(images.labels()[i]);
      }
      NDArray control = attack(network, Ops.rows(x, 0), images.labels()[0], 0.5);
      assertThat(network.labels(control)[0]).isNotEqualTo(images.labels()[0]);
      boolean[] far = BoundPropagation.certified(network, images, 0.5, method);
      assertThat(far).containsOnly(false);
    }
  }

  private NDArray attack(LayeredNetwork network, NDArray x, int label, double radius) {
    return Fixtures.ascend(
        network, x, Fixtures.array(m, label), CrossEntropy.untargeted(), Ball.linf(radius), 20);
  }

  /** Oracle 3: on a linear model the certified radius is the distance |f| / |w|_1. */
  @Test
  void radiusOfALinearModelIsTheDistanceToItsBoundary() {
    NDArray x = m.create(new float[] {.5f, .5f, .5f, .5f}, new Shape(1, 1, 1, 4));
    try (LayeredNetwork model = Fixtures.halfSpace(new float[] {3, -2, 1, 2}, 0);
        LabeledImages images =
            LabeledImages.of("two", x.concat(x, 0), new int[] {1, 0}, List.of())) {
      double[] radii = BoundPropagation.radii(model, images, BoundMethod.INTERVAL, Run.seed(0));

      assertThat(radii[0]).isCloseTo(0.25, within(1e-4));
      assertThat(radii[1]).isZero();
      var curve = BoundPropagation.curve(model, images, BoundMethod.CROWN, Run.seed(0));
      assertThat(curve.at(0.24).value()).isEqualTo(0.5);
      assertThat(curve.at(0.26).value()).isZero();
    }
  }

  @Test
  void layersThatDoNotFitAreRefusedByName() {
    NDArray weight = m.zeros(new Shape(2, 5));
    NDArray bias = m.zeros(new Shape(2));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                LayeredNetwork.of(
                    "broken",
                    new Shape(1, 2, 2),
                    List.of(new Layer.Flatten(), new Layer.Linear(weight, bias))))
        .withMessageContaining("does not take (4)");
  }

  @Test
  void stopsWhenCancelled() {
    CancelToken cancelled = new CancelToken();
    cancelled.cancel();
    NDArray x = Fixtures.images(m, 2, new Shape(1, 8, 8), 4);
    try (LayeredNetwork network = Fixtures.convNet(6);
        LabeledImages images = Fixtures.answered(network, x)) {
      assertThatThrownBy(
              () ->
                  BoundPropagation.radii(
                      network, images, BoundMethod.INTERVAL, Run.seed(0).withCancel(cancelled)))
          .isInstanceOf(RunCancelled.class);
    }
  }
}
