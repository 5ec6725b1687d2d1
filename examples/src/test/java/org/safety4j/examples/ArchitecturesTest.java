package org.safety4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Model;

/** Holds docs/architectures.md to the code. */
class ArchitecturesTest {
  private static final Path DOCS = Path.of("..", "docs");

  private static String page() throws IOException {
    return Files.readString(DOCS.resolve("architectures.md"));
  }

  @Test
  void everyArchitectureThatOpensStandsInTheTable(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"architectures\": [\"Nothing\"]}");
    String message = catchThrowable(() -> Models.open(folder, Model.class)).getMessage();
    String[] names = message.substring(message.indexOf("supported are ") + 14).split(", ");
    assertThat(names).hasSizeGreaterThan(12).contains("Qwen2ForCausalLM");
    for (String name : names) {
      assertThat(page()).contains("`" + name + "`");
    }
  }

  @Test
  void everyEntryPointIsAMethodAndEveryLinkAFile() throws IOException {
    Matcher entry = Pattern.compile("`Models\\.(\\w+)`").matcher(page());
    int found = 0;
    while (entry.find()) {
      assertThat(Models.class.getMethods()).anyMatch(m -> m.getName().equals(entry.group(1)));
      found++;
    }
    assertThat(found).isGreaterThan(10);
    Matcher link = Pattern.compile("]\\(([^)]+)\\)").matcher(page());
    while (link.find()) {
      assertThat(DOCS.resolve(link.group(1))).exists();
    }
  }
}
