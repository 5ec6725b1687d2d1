package org.safety4j.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Example;
import org.safety4j.bench.stats.Ledger;
import org.safety4j.bench.stats.MethodRef;

/** Every text of a campaign comes from outside; here each one tries to run a script. */
class HostileReportTest {
  private static final String SCRIPT =
      "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
  private static final String BREAK = "\"'></title></style></td></svg>" + SCRIPT;

  @TempDir Path folder;

  private static Ledger ledger() {
    MethodRef none = new MethodRef("none", "none", "{}", "BLACK_BOX", null, null, BREAK);
    MethodRef shield =
        new MethodRef("x", BREAK, "{\"a\":\"<script>\"}", "BLACK_BOX", null, null, BREAK);
    MethodRef attack =
        new MethodRef("y" + BREAK, BREAK, "{\"b\":\"</td>\"}", "GRAY_BOX", "LINF", 0.1, BREAK);
    Ledger ledger = new Ledger();
    ledger.add(
        new Entry.Session(
            BREAK,
            BREAK,
            Map.of("cpu", BREAK, BREAK, "x"),
            List.of(BREAK),
            List.of(none, shield),
            List.of(attack)));
    ledger.add(
        new Entry.Data(
            BREAK, BREAK, new long[] {1, 1, 1}, new int[] {0, 1}, List.of(BREAK, SCRIPT)));
    ledger.add(new Entry.Model(BREAK, BREAK, 1, BREAK, BREAK, 2));
    for (MethodRef defense : List.of(none, shield)) {
      Cell cell = new Cell(BREAK, BREAK, BREAK, defense, null, 0, 0, "h", "b", BREAK);
      ledger.add(
          new Entry.Baseline(
              cell,
              new int[] {0, 1},
              List.of(BREAK),
              List.of(BREAK),
              List.of(BREAK),
              false,
              1,
              1,
              1,
              1));
      byte[] png = BREAK.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      ledger.add(
          new Entry.Attacked(
              cell.withAttack(attack),
              new int[] {0, 1},
              new int[] {1, 1},
              new int[] {1, 1},
              new boolean[] {true, true},
              new float[] {0.1f, 0},
              new float[] {0.1f, 0},
              new float[] {0.1f, 0},
              "LINF",
              new long[] {5, 5},
              1,
              10,
              0,
              1,
              new double[0],
              List.of(),
              List.of(BREAK),
              List.of(new Example(0, 0, 0, 1, 1, 1, 5, png, png, png))));
      ledger.add(new Entry.Skipped(cell.withAttack(attack).withDraw(1), BREAK));
      ledger.add(new Entry.Failed(cell.withAttack(attack).withDraw(2), BREAK));
    }
    return ledger;
  }

  @Test
  void noTextBecomesMarkupInThePage() throws IOException {
    Path file = folder.resolve("report.html");
    Report.of(BREAK, ledger()).html(file);
    String html = Files.readString(file);
    assertThat(html).contains("&lt;script&gt;document.title");
    assertThat(html).doesNotContain("<script", "<img src=x", "onerror=\"");
    assertThat(html.split("</title></style>", -1)).as("no early end of an element").hasSize(1);
    assertThat(html.split("<img ", -1).length - 1).as("the example's three pictures").isEqualTo(3);
  }

  @Test
  void noTextBecomesMarkupInMarkdown() throws IOException {
    Path file = folder.resolve("report.md");
    Report.of(BREAK, ledger()).markdown(file);
    assertThat(Files.readString(file)).doesNotContain("<script", "<img");
  }

  @Test
  void everyLineOfJsonIsOneObject() throws IOException {
    Path file = folder.resolve("report.jsonl");
    Report.of(BREAK, ledger()).jsonLines(file);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSizeGreaterThan(4);
    for (String line : lines) {
      assertThat(new com.fasterxml.jackson.databind.ObjectMapper().readTree(line).isObject())
          .isTrue();
    }
  }

  @Test
  void browserRunsNothingOfIt() throws Exception {
    Optional<String> browser = browser();
    assumeTrue(browser.isPresent(), "no chromium on the PATH: the browser test is skipped");
    Path file = folder.resolve("report.html");
    Report.of(BREAK, ledger()).html(file);
    String dom = dom(browser.get(), file);
    assertThat(dom).contains("<h1>").contains("Robustness report");
    assertThat(dom).doesNotContain("<title>owned</title>", "<script");

    // The control: without escaping, the same browser does run the payload.
    Path bare = folder.resolve("bare.html");
    Files.writeString(bare, "<!DOCTYPE html><title>safe</title><body>" + SCRIPT);
    assertThat(dom(browser.get(), bare)).contains("<title>owned</title>");
  }

  private static Optional<String> browser() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(
            folder ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  private String dom(String browser, Path page) throws Exception {
    Path out = Files.createTempFile(folder, "dom", ".html");
    Process process =
        new ProcessBuilder(
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--user-data-dir=" + folder.resolve("profile"),
                "--virtual-time-budget=2000",
                "--dump-dom",
                page.toUri().toString())
            .redirectOutput(out.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean ended = process.waitFor(60, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    assumeTrue(ended && process.exitValue() == 0, browser + " does not run here: skipped");
    return Files.readString(out);
  }
}
