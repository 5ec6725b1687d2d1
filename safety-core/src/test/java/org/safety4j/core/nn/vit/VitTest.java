package org.safety4j.core.nn.vit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.model.VisionTransformer.Overrides;
import org.safety4j.core.model.VisionTransformer.Trace;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;

class VitTest {
  private static final VitConfig CONFIG = VitConfig.small(8, 1, 4, 12, 3, 2, 5);
  private NDManager manager;
  private Vit vit;
  private NDArray images;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
    vit = Vit.initial(CONFIG, Normalization.same(1, 0.5, 0.5), Rng.of(3), "test");
    images = Rng.of(4).uniform(manager, new Shape(2, 1, 8, 8), 0, 1);
  }

  @AfterEach
  void close() {
    vit.close();
    manager.close();
  }

  private static void assertClose(NDArray actual, NDArray expected, double tolerance) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    assertThat(actual.sub(expected).abs().max().getFloat()).isLessThan((float) tolerance);
  }

  private static float largest(NDArray array) {
    return array.abs().max().getFloat();
  }

  /** The kernel for many tokens and the plain products must agree, forward and backward. */
  @Test
  void fusedAttentionAgreesWithPlainAttention() {
    VitConfig config = VitConfig.small(48, 3, 4, 16, 2, 2, 4);
    NDArray pictures = Rng.of(5).uniform(manager, new Shape(2, 3, 48, 48), 0, 1);
    NDArray cotangent = Rng.of(6).normal(manager, new Shape(2, 4));
    assertThat(config.tokens()).isEqualTo(145);
    try (Vit large = Vit.initial(config, Normalization.imageNet(), Rng.of(1), "large");
        Linearized at = large.linearize(pictures);
        GradMode mode = GradMode.on()) {
      NDArray leaf = Grad.leaf(pictures);
      Trace trace = large.trace(leaf, Overrides.none());
      assertClose(at.logits(), trace.logits(), 1e-5);
      NDArray plain = Grad.vjp(trace.logits(), leaf, cotangent);
      assertClose(at.pullback(cotangent), plain, 1e-4 * largest(plain));
    }
  }

  /** Oracle 17: rows of attention sum to 1. */
  @Test
  void attentionRowsSumToOne() {
    Trace trace = vit.trace(images, Overrides.none());
    assertThat(trace.attention()).hasSize(3);
    assertThat(trace.hidden()).hasSize(4);
    for (NDArray map : trace.attention()) {
      assertThat(map.getShape()).isEqualTo(new Shape(2, 2, 5, 5));
      assertClose(map.sum(new int[] {3}), manager.ones(new Shape(2, 2, 5)), 1e-5);
    }
  }

  /** Oracle 17: without positions, the order of patches does not matter. */
  @Test
  void withoutPositionsThePatchesMayBePermuted() {
    NDArray flipped = images.flip(2).flip(3);
    NDArray swapped = manager.create(new Shape(2, 1, 8, 8));
    for (int y = 0; y < 2; y++) {
      for (int x = 0; x < 2; x++) {
        swapped.set(
            new NDIndex(":,:," + block(1 - y) + "," + block(1 - x)),
            images.get(":,:," + block(y) + "," + block(x)));
      }
    }
    assertThat(largest(vit.logits(images).sub(vit.logits(swapped)))).isGreaterThan(1e-4f);
    vit.parameters().get("vit.embeddings.position_embeddings").muli(0);
    assertClose(vit.logits(images), vit.logits(swapped), 1e-5);
    assertThat(largest(vit.logits(images).sub(vit.logits(flipped)))).isGreaterThan(1e-4f);
  }

  private static String block(int i) {
    return 4 * i + ":" + (4 * i + 4);
  }

  @Test
  void aReplacedStateIsWhereTheRestBegins() {
    NDArray other = Rng.of(9).uniform(manager, new Shape(2, 1, 8, 8), 0, 1);
    Trace trace = vit.trace(other, Overrides.none());
    for (int block = 0; block <= 3; block++) {
      NDArray state = trace.hidden().get(block);
      Trace replaced =
          vit.trace(images, new Overrides(Map.of(block, state), Map.of(), Map.of(), false));
      assertClose(replaced.logits(), trace.logits(), 1e-6);
      assertThat(replaced.hidden().get(block)).isEqualTo(state);
    }
  }

  @Test
  void gradientsReachAReplacedState() {
    try (GradMode mode = GradMode.on()) {
      NDArray state = Grad.leaf(vit.trace(images, Overrides.none()).hidden().get(1));
      Trace trace = vit.trace(images, new Overrides(Map.of(1, state), Map.of(), Map.of(), false));
      NDArray gradient = Grad.gradients(new NDList(trace.logits().sum()), List.of(state)).get(0);
      assertThat(largest(gradient)).isPositive();
    }
  }

  @Test
  void aMaskedTokenIsNotAttendedTo() {
    NDArray mask = manager.zeros(new Shape(5, 5));
    mask.set(new NDIndex(":,2"), -1e9f);
    Trace trace = vit.trace(images, new Overrides(Map.of(), Map.of(1, mask), Map.of(), false));
    assertThat(largest(trace.attention().get(1).get(":,:,:,2"))).isZero();
    assertThat(largest(trace.attention().get(0).get(":,:,:,2"))).isPositive();
    NDArray perHead = manager.zeros(new Shape(2, 5, 5));
    perHead.set(new NDIndex("1,:,2"), -1e9f);
    Trace one = vit.trace(images, new Overrides(Map.of(), Map.of(1, perHead), Map.of(), false));
    assertThat(largest(one.attention().get(1).get(":,0,:,2"))).isPositive();
    assertThat(largest(one.attention().get(1).get(":,1,:,2"))).isZero();
  }

  @Test
  void scaledAttentionWeightsAreScaled() {
    Trace plain = vit.trace(images, Overrides.none());
    NDArray half = manager.full(new Shape(5, 5), 0.5f, DataType.FLOAT32);
    Trace scaled = vit.trace(images, new Overrides(Map.of(), Map.of(), Map.of(0, half), false));
    assertClose(scaled.attention().get(0), plain.attention().get(0).mul(0.5f), 1e-6);
    assertThat(largest(scaled.logits().sub(plain.logits()))).isGreaterThan(1e-5f);
  }

  /** Oracle 17: with attention held constant, queries and keys get no gradient, values do. */
  @Test
  void detachedAttentionGivesQueriesAndKeysNoGradient() {
    NDArray weight = vit.parameters().get("vit.encoder.layer.0.attention.attention.qkv.weight");
    weight.setRequiresGradient(true);
    try (GradMode mode = GradMode.on()) {
      Overrides detached = new Overrides(Map.of(), Map.of(), Map.of(), true);
      NDArray gradient =
          Grad.gradients(
                  new NDList(vit.trace(images, detached).logits().get(":,0").sum()),
                  List.of(weight))
              .get(0);
      assertThat(largest(gradient.get("0:24"))).isZero();
      assertThat(largest(gradient.get("24:36"))).isPositive();
      NDArray whole =
          Grad.gradients(new NDList(vit.forward(images, true).get(":,0").sum()), List.of(weight))
              .get(0);
      assertThat(largest(whole.get("0:24"))).isPositive();
    } finally {
      weight.setRequiresGradient(false);
    }
  }

  @Test
  void wrongOverridesAreNamed() {
    NDArray wrong = manager.zeros(new Shape(2, 5, 11));
    assertThatThrownBy(
            () -> vit.trace(images, new Overrides(Map.of(0, wrong), Map.of(), Map.of(), false)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("blocks[0] must have shape (2, 5, 12), has (2, 5, 11)");
    assertThatThrownBy(
            () -> vit.trace(images, new Overrides(Map.of(), Map.of(3, wrong), Map.of(), false)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("attention must name blocks in [0, 2], named 3");
    assertThatThrownBy(
            () -> vit.trace(images, new Overrides(Map.of(), Map.of(), Map.of(1, wrong), false)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("attentionScale[1]");
  }

  @Test
  void wrongImagesAndLayersAreNamed() {
    assertThatThrownBy(() -> vit.logits(manager.zeros(new Shape(2, 3, 8, 8))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("model test takes images of shape (1, 8, 8), these have (3, 8, 8)");
    assertThatThrownBy(() -> vit.features(images, "block.7"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("near: \"block.0\"");
  }

  /** A loss may name a cotangent that is not its derivative; both ways must follow it. */
  @Test
  void theGradientIsThePullbackOfTheLossesCotangent() {
    LogitLoss loss =
        new LogitLoss() {
          @Override
          public NDArray values(NDArray logits, NDArray labels) {
            return Ops.pick(logits, labels);
          }

          @Override
          public NDArray cotangent(NDArray logits, NDArray labels) {
            return logits.mul(3);
          }
        };
    NDArray labels = Ops.index(manager, 4, 2);
    try (ValueAndGradient at = vit.gradient(images, labels, loss);
        Linearized graph = vit.linearize(images)) {
      NDArray expected = graph.pullback(graph.logits().mul(3));
      assertThat(at.value()).isEqualTo(Ops.pick(graph.logits(), labels));
      assertClose(at.gradient(), expected, 1e-6 * largest(expected));
      assertThat(largest(expected)).isPositive();
    }
  }

  @Test
  void pooledFeaturesCarryTheLogits() {
    NDArray pooled = vit.features(images, "pooled");
    NDArray weight = vit.parameters().get("classifier.weight");
    NDArray bias = vit.parameters().get("classifier.bias");
    assertClose(pooled.matMul(weight.transpose()).add(bias), vit.logits(images), 1e-5);
  }

  @Test
  void logitsAreOutsideOfAnyGraphAndFeaturesAreInside() {
    try (GradMode mode = GradMode.on()) {
      NDArray leaf = Grad.leaf(images);
      assertThatThrownBy(() -> Grad.vjp(vit.logits(leaf), leaf, manager.ones(new Shape(2, 5))))
          .hasMessageContaining("grad");
      NDArray state = vit.features(leaf, "block.2");
      assertThat(largest(Grad.vjp(state, leaf, state.onesLike().mul(state)))).isPositive();
    }
  }

  /** Central differences in a direction, on every kind of parameter. */
  @Test
  void parametersHaveTheirGradientThroughTheSameProgram() {
    List<NDArray> all = List.copyOf(vit.parameters().values());
    List<String> names = List.copyOf(vit.parameters().keySet());
    // Tokens and positions start so small that layer normalisation bends within any step.
    names.stream()
        .filter(n -> n.contains("token") || n.contains("position"))
        .forEach(n -> vit.parameters().get(n).muli(25));
    all.forEach(p -> p.setRequiresGradient(true));
    NDArray labels = Ops.index(manager, 1, 3);
    NDList gradients;
    try (GradMode mode = GradMode.on()) {
      NDArray loss = Ops.pick(Ops.logSoftmax(vit.forward(images, true)), labels).sum().neg();
      gradients = Grad.gradients(new NDList(loss), all);
    }
    all.forEach(p -> p.setRequiresGradient(false));
    try (GradMode mode = GradMode.off()) {
      for (int i = 0; i < all.size(); i++) {
        NDArray direction = Rng.of(i).signs(manager, all.get(i).getShape());
        double predicted = gradients.get(i).mul(direction).sum().getFloat();
        float step = 2e-3f;
        all.get(i).addi(direction.mul(step));
        double above = Ops.pick(Ops.logSoftmax(vit.logits(images)), labels).sum().neg().getFloat();
        all.get(i).subi(direction.mul(2 * step));
        double below = Ops.pick(Ops.logSoftmax(vit.logits(images)), labels).sum().neg().getFloat();
        all.get(i).addi(direction.mul(step));
        double measured = (above - below) / (2 * step);
        assertThat(measured)
            .as(names.get(i))
            .isCloseTo(predicted, within(3e-3 + 0.03 * Math.abs(predicted)));
      }
    }
  }

  @Test
  void initialParametersDependOnTheSeedAlone() {
    try (Vit same = Vit.initial(CONFIG, Normalization.same(1, 0.5, 0.5), Rng.of(3), "same");
        Vit other = Vit.initial(CONFIG, Normalization.same(1, 0.5, 0.5), Rng.of(4), "other")) {
      assertThat(same.logits(images)).isEqualTo(vit.logits(images));
      assertThat(other.logits(images)).isNotEqualTo(vit.logits(images));
    }
    assertThat(largest(vit.parameters().get("vit.layernorm.weight").sub(1))).isZero();
    assertThat(largest(vit.parameters().get("classifier.bias"))).isZero();
  }

  @Test
  void sizesOutOfRangeAreNamed() {
    assertThatThrownBy(() -> VitConfig.small(8, 1, 4, 13, 3, 2, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("width must be divisible by heads, was 13 with 2 heads");
    assertThatThrownBy(() -> VitConfig.small(8, 1, 9, 12, 3, 2, 5))
        .hasMessageContaining("imageSize");
    assertThatThrownBy(() -> Vit.initial(CONFIG, Normalization.imageNet(), Rng.of(1), "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("normalization has 3 channels, the config 1");
  }
}
