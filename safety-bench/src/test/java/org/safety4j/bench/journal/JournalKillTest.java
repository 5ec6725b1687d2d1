package org.safety4j.bench.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalKillTest {
  private static final int CELLS = 60;
  @TempDir Path folder;

  @Test
  void processesKilledAtAnyMomentLoseNoFinishedCellAndRunNoneAgain() throws Exception {
    Path journal = folder.resolve("drill.jsonl");
    Path log = folder.resolve("ran.log");
    for (int kill = 1; kill <= 3; kill++) {
      Process worker = start(journal, log);
      waitForLines(log, 12 * kill, worker);
      worker.destroyForcibly().waitFor();
      assertThat(worker.exitValue()).as("killed by a signal").isEqualTo(128 + 9);

      Set<Integer> finished = cells(journal);
      int ranBefore = Files.readAllLines(log).size();
      assertThat(finished).hasSizeBetween(ranBefore - (2 * kill - 1), CELLS - 1);
      Process resumed = start(journal, log);
      waitForLines(log, ranBefore + 3, resumed);
      resumed.destroyForcibly().waitFor();
      assertThat(ran(log, ranBefore)).doesNotContainAnyElementsOf(finished);
    }
    Process last = start(journal, log);
    assertThat(last.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(last.exitValue()).isZero();
    assertThat(Journal.read(journal)).hasSize(CELLS);
    assertThat(cells(journal)).hasSize(CELLS);
  }

  private Process start(Path journal, Path log) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Drill.class.getName(),
            journal.toString(),
            log.toString())
        .inheritIO()
        .start();
  }

  private static void waitForLines(Path log, int lines, Process process) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!Files.exists(log) || Files.readAllLines(log).size() < lines) {
      assertThat(process.isAlive() || Files.readAllLines(log).size() >= lines).isTrue();
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(2);
    }
  }

  private static Set<Integer> cells(Path journal) {
    return Journal.read(journal).stream()
        .map(record -> record.get("cell").asInt())
        .collect(Collectors.toSet());
  }

  private static Set<Integer> ran(Path log, int from) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.subList(from, lines.size()).stream()
        .map(Integer::valueOf)
        .collect(Collectors.toSet());
  }

  /** The child: runs each cell that the journal does not hold, and logs that it does. */
  static final class Drill {
    private Drill() {}

    public static void main(String[] args) throws Exception {
      Path log = Path.of(args[1]);
      try (Journal journal = Journal.open(Path.of(args[0]), "drill")) {
        Set<Integer> finished = new HashSet<>();
        journal.records().forEach(record -> finished.add(record.get("cell").asInt()));
        for (int cell = 0; cell < CELLS; cell++) {
          if (!finished.contains(cell)) {
            Files.writeString(
                log, cell + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            Thread.sleep(3);
            journal.append(Map.of("cell", cell, "filler", "x".repeat(20_000)));
          }
        }
      }
    }
  }
}
