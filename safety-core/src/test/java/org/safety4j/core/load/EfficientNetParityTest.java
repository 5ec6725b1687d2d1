package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;

/** A real TorchScript classifier on real photographs; skipped where they are not at hand. */
class EfficientNetParityTest {
  private static final LogitLoss CROSS_ENTROPY =
      (logits, labels) -> Ops.pick(Ops.logSoftmax(logits), labels).neg();

  @Test
  void agreesWithTheReferenceOnPhotographs() throws IOException {
    Path folder = Path.of(System.getProperty("safety4j.models", "none"), "efficientnet-lite0");
    Path pictures = Path.of(System.getProperty("safety4j.shared", "none"), "data", "pictures");
    assumeTrue(
        Files.isDirectory(folder), () -> "skipped: no folder " + folder + " (-Dsafety4j.models)");
    assumeTrue(
        Files.isDirectory(pictures),
        () -> "skipped: no folder " + pictures + " (-Dsafety4j.shared)");
    HfConfig reference = HfConfig.read(folder.resolve("reference.json"));
    List<BufferedImage> images = new ArrayList<>();
    for (String name : reference.strings("pictures")) {
      images.add(ImageIO.read(pictures.resolve(name).toFile()));
    }
    try (NDManager manager = Tensors.newManager();
        ImageClassifier.White model = Models.imageClassifier(folder);
        SafetensorsFile io = SafetensorsFile.open(folder.resolve("reference.safetensors"));
        Scope scope = Scope.open()) {
      NDArray batch = Models.preprocessor(folder).prepare(images, manager);
      NDArray logits = model.logits(batch);
      assertThat(ClassifierParityTest.largestError(logits, io.read("logits", manager)))
          .isLessThan(1e-4);
      int[] labels = model.labels(batch);
      assertThat(labels)
          .containsExactly(reference.integers("top1").stream().mapToInt(i -> i).toArray());
      ValueAndGradient at = model.gradient(batch, Ops.index(manager, labels), CROSS_ENTROPY);
      NDArray expected = io.read("gradient_of_cross_entropy_at_prediction", manager);
      float largest = expected.abs().max().getFloat();
      assertThat(ClassifierParityTest.largestError(at.gradient(), expected))
          .isLessThan(1e-3 * largest);
      assertThat(model.card().parameters()).isGreaterThan(4_000_000);
    }
  }
}
