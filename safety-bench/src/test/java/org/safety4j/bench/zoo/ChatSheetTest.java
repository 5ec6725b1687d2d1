package org.safety4j.bench.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChatSheetTest {
  /** On another machine sums are rounded otherwise, and a close decision may fall otherwise. */
  @Test
  void thePublishedPageShowsWhatTheModelsSay() throws IOException {
    List<String> published = Files.readAllLines(Path.of("..", "docs", "zoo", "mini-chat.md"));
    List<String> found = ChatSheet.ofTheZoo().lines().toList();
    assertThat(published).hasSameSizeAs(found);
    assertThat(found.stream().filter(line -> line.startsWith("| ") && !line.contains("asked")))
        .hasSize(20 + 10 + 5);
    long same =
        found.stream().filter(line -> published.get(found.indexOf(line)).equals(line)).count();
    assertThat(same).isGreaterThan((long) (0.9 * found.size()));
  }

  @Test
  void whatModelsSayCannotWriteMarkup() {
    assertThat(ChatSheet.escaped(" a | b\n<b> [x](y) `c` **d** "))
        .isEqualTo("a \\| b &lt;b&gt; \\[x\\](y) \\`c\\` \\*\\*d\\*\\*");
  }
}
