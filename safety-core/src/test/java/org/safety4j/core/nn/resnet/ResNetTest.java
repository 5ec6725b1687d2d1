package org.safety4j.core.nn.resnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class ResNetTest {
  private NDManager manager;
  private ResNet net;
  private NDArray images;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
    ResNetConfig config = ResNetConfig.small(8, 1, List.of(6, 8), 4).withDepths(List.of(1, 2));
    net = ResNet.initial(config, Normalization.same(1, 0.5, 0.5), Rng.of(3), "test");
    images = Rng.of(4).uniform(manager, new Shape(5, 1, 8, 8), 0, 1);
  }

  @AfterEach
  void close() {
    net.close();
    manager.close();
  }

  private static float largest(NDArray array) {
    return array.abs().max().getFloat();
  }

  @Test
  void layersShrinkAsTheConfigSays() {
    assertThat(net.layers()).containsExactly("stem", "stage.0", "stage.1", "pooled");
    assertThat(net.features(images, "stem").getShape()).isEqualTo(new Shape(5, 6, 8, 8));
    assertThat(net.features(images, "stage.0").getShape()).isEqualTo(new Shape(5, 6, 8, 8));
    assertThat(net.features(images, "stage.1").getShape()).isEqualTo(new Shape(5, 8, 4, 4));
    NDArray pooled = net.features(images, "pooled");
    NDArray logits =
        pooled
            .matMul(net.parameters().get("classifier.1.weight").transpose())
            .add(net.parameters().get("classifier.1.bias"));
    assertThat(largest(logits.sub(net.logits(images)))).isLessThan(1e-5f);
  }

  @Test
  void theLargeStemHalvesTwice() {
    ResNetConfig config =
        new ResNetConfig(
            32,
            48,
            3,
            ResNetConfig.Stem.large(8),
            List.of(16),
            List.of(1),
            ResNetConfig.Layer.BOTTLENECK_STRIDE_FIRST,
            true,
            Activation.RELU,
            3);
    try (ResNet large = ResNet.initial(config, Normalization.imageNet(), Rng.of(1), "large")) {
      NDArray pictures = Rng.of(2).uniform(manager, new Shape(1, 3, 32, 48), 0, 1);
      assertThat(large.features(pictures, "stem").getShape()).isEqualTo(new Shape(1, 8, 8, 12));
      assertThat(large.features(pictures, "stage.0").getShape()).isEqualTo(new Shape(1, 16, 4, 6));
      assertThat(large.logits(pictures).getShape()).isEqualTo(new Shape(1, 3));
    }
  }

  /** The stem's running mean moves by a tenth towards the batch's; inference leaves it alone. */
  @Test
  void onlyTrainingUpdatesTheRunningStatistics() {
    NDArray mean = net.buffers().get("resnet.embedder.embedder.normalization.running_mean");
    NDArray kernel = net.parameters().get("resnet.embedder.embedder.convolution.weight");
    net.logits(images);
    net.forward(images, false);
    assertThat(largest(mean)).isZero();
    NDArray convolved = Ops.conv2d(images.sub(0.5f).div(0.5f), kernel, 1, 1);
    NDArray expected = Ops.mean(convolved, 0, 2, 3).mul(0.1f);
    try (GradMode mode = GradMode.off()) {
      net.forward(images, true);
    }
    assertThat(largest(mean.sub(expected))).isLessThan(1e-5f);
    assertThat(largest(mean)).isGreaterThan(1e-4f);
  }

  @Test
  void trainingNormalisesByTheBatch() {
    NDArray brighter = images.mul(0.5f).add(0.5f);
    NDArray a = net.forward(images, true);
    NDArray b = net.forward(brighter, true);
    // Padding is not part of the affine change, hence a tolerance; inference sees the change fully.
    float moved = largest(net.forward(images, false).sub(net.forward(brighter, false)));
    assertThat(largest(a.sub(b))).isLessThan(moved);
  }

  /**
   * Central differences in a direction, on every kind of parameter; a smooth activation, so that no
   * kink interferes.
   */
  @Test
  void parametersHaveTheirGradientThroughTheSameProgram() {
    ResNetConfig config =
        new ResNetConfig(
            8,
            8,
            1,
            ResNetConfig.Stem.small(4),
            List.of(4, 8),
            List.of(1, 2),
            ResNetConfig.Layer.BOTTLENECK,
            false,
            Activation.SILU,
            4);
    try (ResNet smooth =
        ResNet.initial(config, Normalization.same(1, 0.5, 0.5), Rng.of(3), "smooth")) {
      List<NDArray> all = List.copyOf(smooth.parameters().values());
      List<String> names = List.copyOf(smooth.parameters().keySet());
      // Biases of zero behind rectified zeros would stand on the edge of the next rectifier.
      for (int i = 0; i < all.size(); i++) {
        all.get(i).addi(Rng.of(100 + i).normal(manager, all.get(i).getShape()).mul(0.1f));
      }
      all.forEach(p -> p.setRequiresGradient(true));
      NDArray cotangent = Rng.of(8).normal(manager, new Shape(5, 4));
      NDList gradients;
      try (GradMode mode = GradMode.on()) {
        NDArray loss = smooth.forward(images, false).mul(cotangent).sum();
        gradients = Grad.gradients(new NDList(loss), all);
      }
      all.forEach(p -> p.setRequiresGradient(false));
      for (int i = 0; i < all.size(); i++) {
        NDArray direction = Rng.of(i).normal(manager, all.get(i).getShape());
        double predicted = gradients.get(i).mul(direction).sum().getFloat();
        float step = 5e-4f;
        all.get(i).addi(direction.mul(step));
        double above = smooth.logits(images).mul(cotangent).sum().getFloat();
        all.get(i).subi(direction.mul(2 * step));
        double below = smooth.logits(images).mul(cotangent).sum().getFloat();
        all.get(i).addi(direction.mul(step));
        assertThat((above - below) / (2 * step))
            .as(names.get(i))
            .isCloseTo(predicted, within(3e-3 + 0.03 * Math.abs(predicted)));
      }
    }
  }

  @Test
  void sizesOutOfRangeAreNamed() {
    assertThatThrownBy(() -> new ResNetConfig.Stem(8, 4, 1, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("stem kernel must be odd, was 4");
    assertThatThrownBy(() -> ResNetConfig.small(8, 1, List.of(4, 8), 4).withDepths(List.of(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("widths and depths must be of one length");
  }
}
