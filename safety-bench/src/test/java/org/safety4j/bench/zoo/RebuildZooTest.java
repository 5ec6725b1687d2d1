package org.safety4j.bench.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.datasets.zoo.ZooFigures;

class RebuildZooTest {
  @TempDir Path folder;

  private static String run(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    RebuildZoo.run(List.of(arguments), new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void wrongArgumentsAreExplained() {
    assertThatThrownBy(() -> run())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("digits-cnn-trades")
        .hasMessageContaining("mini-chat-unaligned");
    assertThatThrownBy(() -> run("digits-cmn"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("digits-cnn");
    assertThatThrownBy(() -> run("mini-dppm"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mini-ddpm");
    assertThatThrownBy(() -> run("digits-cnn", "--into"))
        .hasMessageContaining("--into needs a value");
  }

  @Test
  void measuringAgainGivesThePublishedFigures() throws IOException {
    Path own = Files.createDirectories(folder.resolve("digits-cnn"));
    for (String file :
        List.of("config.json", "model.safetensors", "preprocessor_config.json", ZooFigures.FILE)) {
      try (InputStream in = Zoo.class.getResourceAsStream("digits-cnn/" + file)) {
        Files.copy(in, own.resolve(file));
      }
    }
    assertThat(run("--measure", "--into", folder.toString(), "digits-cnn"))
        .contains("of 500 held-out pictures");
    ZooFigures published = Zoo.digitsCnn().figures();
    ZooFigures again = ZooFigures.read(own);
    assertThat(again.sha256()).isEqualTo(published.sha256());
    assertThat(again.seconds()).isEqualTo(published.seconds());
    assertThat(again.correct()).isBetween(published.correct() - 1, published.correct() + 1);
    assertThat(again.robust()).isBetween(published.robust() - 5, published.robust() + 5);
  }

  @Test
  void measuringWhatIsNotThereIsExplained() {
    assertThatThrownBy(() -> run("--measure", "--into", folder.toString(), "digits-cnn"))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining(ZooFigures.FILE);
  }
}
