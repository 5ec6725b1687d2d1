package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;

class HfConfigTest {
  @TempDir private Path folder;

  private static HfConfig config(String json) {
    return HfConfig.parse("config.json", json);
  }

  @Test
  void readsAConfigOfTheReference() {
    HfConfig config = HfConfig.read(Fixtures.path("vit/config.json"));
    assertThat(config.architectures()).containsExactly("ViTForImageClassification");
    assertThat(config.size("hidden_size")).isEqualTo(24);
    assertThat(config.number("layer_norm_eps")).isEqualTo(1e-12);
    assertThat(config.flag("qkv_bias")).isTrue();
    assertThat(config.labels()).hasSize(7).startsWith("LABEL_0").endsWith("LABEL_6");
    assertThat(config.integer("absent", 9)).isEqualTo(9);
  }

  @Test
  void missingFieldsAreNamedWithTheirFileAndNeighbours() {
    assertThatThrownBy(() -> config("{\"hidden_size\":8}").size("hidden_sise"))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessage("config.json: field \"hidden_sise\" is missing; near: \"hidden_size\"");
    assertThatThrownBy(() -> config("{\"a\":null}").string("a"))
        .hasMessageContaining("\"a\" is missing");
  }

  @Test
  void wrongTypesAreNamedWithTheirValue() {
    HfConfig config =
        config(
            "{\"n\":1.5,\"big\":3000000000,\"s\":7,\"list\":[1,\"x\"],\"o\":{\"k\":true},\"zero\":0,\"inf\":Infinity}");
    assertThatThrownBy(() -> config.integer("n"))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessage("config.json: field \"n\" must be a 32-bit integer, was 1.5");
    assertThatThrownBy(() -> config.integer("big")).hasMessageContaining("was 3000000000");
    assertThatThrownBy(() -> config.string("s")).hasMessageContaining("must be a string, was 7");
    assertThatThrownBy(() -> config.integers("list"))
        .hasMessageContaining("\"list[1]\" must be a 32-bit integer");
    assertThatThrownBy(() -> config.object("o").integer("k")).hasMessageContaining("\"o.k\"");
    assertThatThrownBy(() -> config.size("zero")).hasMessageContaining("at least 1, was 0");
    assertThatThrownBy(() -> config.number("inf")).hasMessageContaining("a finite number");
  }

  @Test
  void labelsMustCountFromZero() {
    assertThatThrownBy(() -> config("{\"id2label\":{\"1\":\"a\"}}").labels())
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("\"id2label.0\" is missing");
  }

  @Test
  void whatIsNoObjectIsRefused() {
    for (String json :
        new String[] {"", "[]", "7", "{", "{} {}", "{\"a\":1,\"a\":2}", "[".repeat(100_000)}) {
      assertThatThrownBy(() -> config(json))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("config.json");
    }
  }

  @Test
  void hugeAndMissingFilesAreRefusedUnread() throws IOException {
    Path file = folder.resolve("config.json");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(1L << 33);
    }
    assertThatThrownBy(() -> HfConfig.read(file))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("bytes");
    Files.delete(file);
    assertThatThrownBy(() -> HfConfig.read(file))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("no such file");
  }
}
