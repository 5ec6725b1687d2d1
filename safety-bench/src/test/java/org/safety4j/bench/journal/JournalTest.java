package org.safety4j.bench.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.core.error.SafetyException;

class JournalTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void place() {
    file = folder.resolve("runs/test.jsonl");
  }

  private void write(int... cells) {
    try (Journal journal = Journal.open(file, "test")) {
      for (int cell : cells) {
        journal.append(Map.of("cell", cell));
      }
    }
  }

  private List<Integer> cells() {
    return Journal.read(file).stream().map(r -> r.get("cell").asInt()).toList();
  }

  @Test
  void recordsComeBackInOrder() {
    write(1, 2);
    write(3);
    assertThat(cells()).containsExactly(1, 2, 3);
    try (Journal journal = Journal.open(file, "test")) {
      assertThat(journal.records()).hasSize(3);
    }
  }

  @Test
  void everyLineIsPlainJson() throws IOException {
    write(1, 2);
    ObjectMapper mapper = new ObjectMapper();
    for (String line : Files.readAllLines(file)) {
      assertThat(mapper.readTree(line).get("sum").asText()).hasSize(8);
    }
  }

  @Test
  void tornLastLineIsIgnoredAtEveryLengthAndCutOffOnReopening() throws IOException {
    write(1, 2);
    byte[] whole = Files.readAllBytes(file);
    int lastLine = new String(whole, UTF_8).lastIndexOf('\n', whole.length - 2) + 1;
    for (int length = lastLine; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(cells()).containsExactly(1);
    }
    write(3);
    assertThat(cells()).containsExactly(1, 3);
  }

  @Test
  void tornFirstLineIsStartedAgain() throws IOException {
    write();
    byte[] header = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, 20, header.length - 1}) {
      Files.write(file, Arrays.copyOf(header, length));
      write(1);
      assertThat(cells()).containsExactly(1);
    }
  }

  @Test
  void flippedByteInAnEarlierLineIsRefusedWithFileAndLine() throws IOException {
    write(1, 2, 3);
    List<String> lines = Files.readAllLines(file);
    lines.set(2, lines.get(2).replace("\"cell\":2", "\"cell\":7"));
    Files.write(file, lines);
    assertThatThrownBy(() -> Journal.read(file))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("test.jsonl, line 3: damaged");
    byte[] before = Files.readAllBytes(file);
    assertThatThrownBy(() -> write(4)).isInstanceOf(InvalidDataFile.class);
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void foreignFilesAreRefusedAndLeftAlone() throws IOException {
    Files.createDirectories(file.getParent());
    for (String foreign : List.of("a,b\n1,2\n", "no line end", "{\"sum\":\"x\"}\n")) {
      Files.writeString(file, foreign);
      assertThatThrownBy(() -> write(1))
          .isInstanceOf(InvalidDataFile.class)
          .hasMessageContaining("test.jsonl, line 1: not a Safety4J journal");
      assertThat(file).hasContent(foreign);
    }
  }

  @Test
  void journalOfAnotherCampaignIsRefused() {
    write(1);
    assertThatThrownBy(() -> Journal.open(file, "other"))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("the journal is of \"test\", not of \"other\"");
  }

  @Test
  void secondWriterIsRefusedUntilTheFirstCloses() {
    try (Journal first = Journal.open(file, "test")) {
      assertThatThrownBy(() -> Journal.open(file, "test"))
          .isInstanceOf(SafetyException.class)
          .hasMessageContaining("is being written by another campaign");
      first.append(Map.of("cell", 1));
      assertThat(cells()).containsExactly(1);
    }
    write(2);
    assertThat(cells()).containsExactly(1, 2);
  }

  @Test
  void zeroFilledTailOfALostBlockCountsAsTorn() throws IOException {
    write(1);
    Files.write(file, new byte[100], StandardOpenOption.APPEND);
    write(2);
    assertThat(cells()).containsExactly(1, 2);
  }

  @Test
  void textWithLineEndsStaysOnOneLine() throws IOException {
    try (Journal journal = Journal.open(file, "test")) {
      journal.append(Map.of("text", "a\nb\u2028c\"</script>"));
    }
    assertThat(Files.readAllLines(file)).hasSize(2);
    assertThat(Journal.read(file).get(0).get("text").asText()).isEqualTo("a\nb\u2028c\"</script>");
  }
}
