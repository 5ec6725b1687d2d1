package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;

class HfFolderTest {
  @TempDir private Path folder;

  @Test
  void opensConfigWeightsAndPreprocessor() {
    HfFolder vit = new HfFolder(Fixtures.path("vit"));
    assertThat(vit.config().size("patch_size")).isEqualTo(6);
    assertThat(vit.preprocessor().outputSize()).isEqualTo(new ImagePreprocessor.Size(24, 24));
    try (TensorSource weights = vit.weights()) {
      assertThat(weights.has("classifier.weight")).isTrue();
    }
  }

  /** Unreadable on purpose: an attempt to open the pickle would give another error. */
  @Test
  void picklesAreRefusedUnopened() throws IOException {
    Path pickle = Files.createFile(folder.resolve("pytorch_model.bin"));
    assertThat(pickle.toFile().setReadable(false)).isTrue();
    assertThatThrownBy(() -> new HfFolder(folder).weights())
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("pytorch_model.bin")
        .hasMessageContaining("convert it to safetensors");
  }

  @Test
  void missingPartsAreNamed() {
    assertThatThrownBy(() -> new HfFolder(folder.resolve("none")))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("none: no such folder");
    HfFolder empty = new HfFolder(folder);
    assertThatThrownBy(empty::config).hasMessageContaining("config.json: no such file");
    assertThatThrownBy(empty::weights)
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("model.safetensors");
  }
}
