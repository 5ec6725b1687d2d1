package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.tensor.Tensors;

class ShardedSafetensorsTest {
  private NDManager manager;
  @TempDir private Path folder;

  @BeforeEach
  void shards() {
    manager = Tensors.newManager();
    new SafetensorsWriter()
        .put("a", manager.create(new float[] {1, 2}))
        .write(folder.resolve("model-00001-of-00002.safetensors"));
    new SafetensorsWriter()
        .put("b", manager.create(new float[] {3}))
        .write(folder.resolve("model-00002-of-00002.safetensors"));
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private Path index(String map) throws IOException {
    return Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"metadata\":{\"total_size\":12},\"weight_map\":{" + map + "}}");
  }

  @Test
  void tensorsAreReadFromTheShardThatTheIndexNames() throws IOException {
    Path index =
        index(
            "\"b\":\"model-00002-of-00002.safetensors\",\"a\":\"model-00001-of-00002.safetensors\"");
    try (ShardedSafetensors file = ShardedSafetensors.open(index)) {
      assertThat(file.names()).containsExactly("b", "a");
      assertThat(file.metadata()).containsEntry("total_size", "12");
      assertThat(file.require("a", manager, 2).toFloatArray()).containsExactly(1, 2);
      assertThat(file.require("b", manager, 1).toFloatArray()).containsExactly(3);
      assertThatThrownBy(() -> file.info("c"))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("no tensor \"c\"");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"../secret.safetensors\"",
        "\"/etc/secret.safetensors\"",
        "\"sub/x.safetensors\"",
        "\"sub\\\\x.safetensors\"",
        "\"..\"",
        "\"pytorch_model.bin\"",
        "\".safetensors\"",
        "\"C:x.safetensors\"",
        "7",
        "null"
      })
  void shardNamesThatLeaveTheFolderAreRefused(String name) throws IOException {
    Path index = index("\"a\":" + name);
    assertThatThrownBy(() -> ShardedSafetensors.open(index))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("plain file name");
  }

  @Test
  void aMissingShardAndAMisplacedTensorAreNamed() throws IOException {
    Path missing = index("\"a\":\"model-00003-of-00002.safetensors\"");
    assertThatThrownBy(() -> ShardedSafetensors.open(missing))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("model-00003-of-00002.safetensors: no such file");
    Path misplaced = index("\"a\":\"model-00002-of-00002.safetensors\"");
    assertThatThrownBy(() -> ShardedSafetensors.open(misplaced))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("model-00002-of-00002.safetensors: no tensor \"a\"");
  }

  @Test
  void anIndexWithoutAMapIsRefused() throws IOException {
    Path index = Files.writeString(folder.resolve("i.json"), "{\"weight_map\":[]}");
    assertThatThrownBy(() -> ShardedSafetensors.open(index)).hasMessageContaining("weight_map");
    Path twice =
        Files.writeString(
            folder.resolve("t.json"),
            "{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"x.safetensors\"}}");
    assertThatThrownBy(() -> ShardedSafetensors.open(twice))
        .hasMessageContaining("Duplicate field 'a'");
  }
}
