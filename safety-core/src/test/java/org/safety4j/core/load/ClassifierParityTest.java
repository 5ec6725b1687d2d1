package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Tensors;

/**
 * Agreement with the reference implementation on its own outputs and gradients. Another set of
 * fixtures is tried by the system property {@code safety4j.fixtures}.
 */
class ClassifierParityTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static Path fixture(String name) {
    String other = System.getProperty("safety4j.fixtures");
    if (other == null) {
      return Fixtures.path(name);
    }
    Path folder = Path.of(other, name);
    assumeTrue(Files.isDirectory(folder), () -> "no fixture " + folder);
    return folder;
  }

  static double largestError(NDArray actual, NDArray expected) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    float[] a = actual.toFloatArray();
    float[] e = expected.toFloatArray();
    double worst = 0;
    for (int i = 0; i < a.length; i++) {
      worst = Math.max(worst, Math.abs(a[i] - e[i]));
      assertThat(Float.isNaN(a[i])).isFalse();
    }
    return worst;
  }

  private static double largest(NDArray array) {
    double worst = 0;
    for (float v : array.toFloatArray()) {
      worst = Math.max(worst, Math.abs(v));
    }
    return worst;
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "deit", "resnet", "resnet-silu"})
  void logitsAgreeWithinOneTenThousandth(String name) {
    try (ImageClassifier.White model = Models.imageClassifier(fixture(name));
        SafetensorsFile io = SafetensorsFile.open(fixture(name).resolve("io.safetensors"))) {
      NDArray logits = model.logits(io.read("in.images", manager));
      assertThat(largestError(logits, io.read("out.logits", manager))).isLessThan(1e-4);
      assertThat(model.classes()).isEqualTo(logits.getShape().get(1));
      assertThat(model.layers()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"deit", "resnet", "resnet-silu"})
  void gradientsAgreeWithinOneThousandthOfTheLargest(String name) {
    try (ImageClassifier.White model = Models.imageClassifier(fixture(name));
        SafetensorsFile io = SafetensorsFile.open(fixture(name).resolve("io.safetensors"));
        Linearized at = model.linearize(io.read("in.images", manager))) {
      NDArray expected = io.read("grad.images", manager);
      NDArray gradient = at.pullback(io.read("vjp.logits", manager));
      assertThat(largestError(at.logits(), io.read("out.logits", manager))).isLessThan(1e-4);
      assertThat(largestError(gradient, expected)).isLessThan(1e-3 * largest(expected));
    }
  }

  @Test
  void tokensAttentionAndTheirGradientsAgree() {
    Path folder = fixture("vit");
    try (VisionTransformer.White vit = Models.open(folder, VisionTransformer.White.class);
        SafetensorsFile io = SafetensorsFile.open(folder.resolve("io.safetensors"));
        GradMode mode = GradMode.on()) {
      NDArray images = Grad.leaf(io.read("in.images", manager));
      VisionTransformer.Trace trace = vit.trace(images, VisionTransformer.Overrides.none());
      assertThat(largestError(trace.logits(), io.read("out.logits", manager))).isLessThan(1e-4);
      NDArray hidden = io.read("out.hidden", manager);
      NDArray attention = io.read("out.attention", manager);
      assertThat(trace.hidden()).hasSize(vit.blocks() + 1);
      assertThat(trace.attention()).hasSize(vit.blocks());
      for (int i = 0; i <= vit.blocks(); i++) {
        assertThat(largestError(trace.hidden().get(i), hidden.get(i))).isLessThan(1e-4);
      }
      for (int i = 0; i < vit.blocks(); i++) {
        assertThat(largestError(trace.attention().get(i), attention.get(i))).isLessThan(1e-4);
      }
      List<NDArray> outputs = new ArrayList<>(trace.hidden());
      outputs.add(trace.logits());
      NDArray states = io.read("vjp.hidden", manager);
      List<NDArray> cotangents = new ArrayList<>();
      for (int i = 0; i <= vit.blocks(); i++) {
        cotangents.add(states.get(i));
      }
      cotangents.add(io.read("vjp.logits", manager));
      NDArray expected = io.read("grad.images", manager);
      NDArray gradient = Grad.vjps(outputs, new NDList(images), cotangents).get(0);
      assertThat(largestError(gradient, expected)).isLessThan(1e-3 * largest(expected));
    }
  }

  @Test
  void theHotPathAndTheTraceAgree() {
    Path folder = fixture("vit");
    try (VisionTransformer.White vit = Models.open(folder, VisionTransformer.White.class);
        SafetensorsFile io = SafetensorsFile.open(folder.resolve("io.safetensors"))) {
      NDArray images = io.read("in.images", manager);
      VisionTransformer.Trace trace = vit.trace(images, VisionTransformer.Overrides.none());
      assertThat(largestError(vit.logits(images), trace.logits())).isLessThan(1e-5);
      assertThat(largestError(vit.features(images, "block.1"), trace.hidden().get(2)))
          .isLessThan(1e-5);
      assertThat(largestError(vit.features(images, "embeddings"), trace.hidden().get(0)))
          .isLessThan(1e-5);
    }
  }
}
