package org.safety4j.bench.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.bench.journal.Journal;
import org.safety4j.bench.report.Report;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

class CampaignKillTest {
  private static final long[] SEEDS = {0, 1, 2, 3, 4, 5};
  @TempDir Path folder;

  @Test
  void killedCampaignGoesOnWithoutRunningAFinishedCellAgain() throws Exception {
    Path journal = folder.resolve("campaign.jsonl");
    Path log = folder.resolve("ran.log");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                journal.toString(),
                log.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
      while (lines(log).size() < 4) {
        assertThat(child.isAlive()).isTrue();
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.sleep(10);
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
    List<String> before = lines(log);
    int finished = Report.read(journal).analysis().ledger().attacked().size();
    assertThat(finished).isBetween(before.size() - 1, SEEDS.length - 1);

    Report resumed = campaign(journal, log, 0).run(Workers.local(1));
    List<String> after = lines(log).subList(before.size(), lines(log).size());
    assertThat(after).hasSize(SEEDS.length - finished);
    assertThat(after).doesNotContainAnyElementsOf(before.subList(0, finished));
    assertThat(resumed.analysis().rows().get(0).success().repeats()).isEqualTo(SEEDS.length);
    assertThat(resumed.analysis().ledger().sessions()).hasSize(2);

    Path whole = folder.resolve("whole.jsonl");
    Report atOnce = campaign(whole, folder.resolve("whole.log"), 0).run(Workers.local(1));
    assertThat(resumed.table()).isEqualTo(atOnce.table());
    int records = Journal.read(journal).size();
    campaign(journal, log, 0).run(Workers.local(1));
    assertThat(Journal.read(journal)).as("nothing left to do").hasSize(records);
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private static Campaign campaign(Path journal, Path log, long delay) {
    Logged.log = log;
    Logged.delay = delay;
    return Campaign.named("kill")
        .models(new Fixtures.LinearSource("linear", false))
        .on(new Fixtures.Pixels(20))
        .attacks(new Logged(Ball.linf(0.05)))
        .seeds(SEEDS)
        .journal(journal);
  }

  /** An attack that notes each run in a file, and takes its time. */
  record Logged(Ball ball) implements EvasionAttack.White, Constrained<Logged> {
    private static Path log;
    private static long delay;

    @Override
    public MethodInfo info() {
      return MethodInfo.attack("test-logged", requires()).cites("Test", 2026).build();
    }

    @Override
    public Logged withBall(Ball value) {
      return new Logged(value);
    }

    @Override
    public EvasionResult run(ImageClassifier.White model, LabeledImages images, Run run) {
      try {
        Files.writeString(
            log, run.seed() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        Thread.sleep(delay);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return new Fixtures.Signed(ball).run(model, images, run);
    }
  }

  /** The process that is killed. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      campaign(Path.of(args[0]), Path.of(args[1]), 150).run(Workers.local(1));
    }
  }
}
