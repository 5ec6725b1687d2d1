package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.metric.Rate;

class MiniFiguresTest {
  private static final MiniFigures FIGURES =
      new MiniFigures(
          "ab",
          List.of("config.json", "unet/weights.safetensors"),
          10,
          3,
          40,
          400,
          1.5,
          0.25,
          17,
          List.of(
              new MiniFigure("first", 0.9, 0.8, 0.95, 100, 0.85),
              new MiniFigure("second", 2, 2, 2, 7, Double.NaN)));

  private static MiniFigures read(String text) throws IOException {
    return MiniFigures.read("f", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void figuresReadWhatTheyWrite() throws IOException {
    assertThat(read(FIGURES.toText())).isEqualTo(FIGURES);
    assertThat(FIGURES.measured("second").value()).isEqualTo(2);
    assertThatThrownBy(() -> FIGURES.measured("secnod"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("second");
  }

  @Test
  void damagedFiguresAreRefused() {
    assertThatThrownBy(() -> read("")).isInstanceOf(InvalidModelFile.class);
    assertThatThrownBy(() -> read(FIGURES.toText().replace("0.80000", "0.99")))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("low");
  }

  @Test
  void aFigureHoldsFromItsBoundOn() {
    assertThat(new MiniFigure("a", 0.8, 0.8, 0.8, 1, 0.8).holds()).isTrue();
    assertThat(new MiniFigure("a", 0.79, 0.79, 0.79, 1, 0.8).holds()).isFalse();
    assertThat(new MiniFigure("a", 0, 0, 0, 1, Double.NaN).holds()).isTrue();
    MiniFigure half = MiniFigure.of("a", Rate.of(50, 100, "trials"), 0.4);
    assertThat(half.low()).isBetween(0.40, 0.41);
    assertThat(half.high()).isBetween(0.59, 0.60);
    assertThat(half.rate("trials")).isEqualTo(Rate.of(50, 100, "trials"));
  }

  @Test
  void theHashSeesEveryFileOfAModelAndNothingElse(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve("unet"));
    Files.writeString(folder.resolve("a.json"), "{}");
    Files.writeString(folder.resolve("unet/w.safetensors"), "w");
    Files.writeString(folder.resolve("training.tsv"), "epoch");
    List<String> files = ZooFolder.files(folder);
    assertThat(files).containsExactly("a.json", "unet/w.safetensors");
    String before = ZooFolder.hash(folder, files);
    Files.writeString(folder.resolve("unet/w.safetensors"), "v");
    assertThat(ZooFolder.hash(folder, files)).isNotEqualTo(before);
  }

  @Test
  void unknownModelsListNearOnes() {
    assertThatThrownBy(() -> new MiniModel<>("mini-dppm"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mini-ddpm");
  }
}
