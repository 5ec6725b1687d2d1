package org.safety4j.core.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.tensor.Tensors;

/** {@code small.onnx}: a convolution, ReLU and a linear layer with PyTorch's weights of seed 0. */
class OnnxClassifierTest {
  private static final float[] REFERENCE = {
    -0.058934856f, -0.06544047f, -0.17234984f, 0.009287782f, -0.06076014f,
    -0.0028366148f, -0.0778732f, -0.30201194f, 0.029572757f, -0.1426109f
  };

  private static Path file() throws Exception {
    return Path.of(OnnxClassifierTest.class.getResource("small.onnx").toURI());
  }

  private static NDArray ramp(NDManager manager) {
    float[] pixels = new float[32];
    for (int i = 0; i < 32; i++) {
      pixels[i] = i / 31f;
    }
    return manager.create(pixels, new Shape(2, 1, 4, 4));
  }

  @Test
  void scoresAreTheReferences() throws Exception {
    try (OnnxClassifier model = OnnxClassifier.open(file());
        NDManager manager = Tensors.newManager()) {
      assertThat(model.classes()).isEqualTo(5);
      assertThat(model.inputShape()).isEqualTo(new Shape(1, 4, 4));
      assertThat(model.logits(ramp(manager)).toFloatArray())
          .containsExactly(REFERENCE, within(1e-6f));
      assertThat(model.labels(ramp(manager))).containsExactly(3, 3);
    }
  }

  @Test
  void normalisationIsAppliedBeforeTheGraph() throws Exception {
    try (OnnxClassifier model = OnnxClassifier.open(file(), new float[] {-0.5f}, new float[] {2});
        NDManager manager = Tensors.newManager()) {
      // (x + 0.5) / 2 is the ramp for x = 2 ramp - 0.5
      NDArray x = ramp(manager).mul(2).sub(0.5f);
      assertThat(model.logits(x).toFloatArray()).containsExactly(REFERENCE, within(1e-6f));
    }
  }

  @Test
  void damagedAndMissingFilesAreNamed(@TempDir Path folder) throws Exception {
    byte[] bytes = Files.readAllBytes(file());
    Path cut = Files.write(folder.resolve("cut.onnx"), Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> OnnxClassifier.open(cut))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("cut.onnx");
    assertThatThrownBy(() -> OnnxClassifier.open(folder.resolve("none.onnx")))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("none.onnx");
  }

  @Test
  void wrongImageSizeSaysWhatTheGraphTakes() throws Exception {
    try (OnnxClassifier model = OnnxClassifier.open(file());
        NDManager manager = Tensors.newManager()) {
      assertThatThrownBy(() -> model.logits(manager.zeros(new Shape(1, 1, 5, 5))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(1, 4, 4)");
    }
  }
}
