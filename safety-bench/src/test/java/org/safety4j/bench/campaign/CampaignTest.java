package org.safety4j.bench.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.bench.journal.Journal;
import org.safety4j.bench.report.Report;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Control;
import org.safety4j.bench.stats.Doubt;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;
import org.safety4j.bench.stats.Worst;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.CancelToken;

class CampaignTest {
  @TempDir Path folder;

  private static final Fixtures.LinearSource MODEL = new Fixtures.LinearSource("linear", false);
  private static final Fixtures.LinearSource MASKED = new Fixtures.LinearSource("masked", true);

  private static Campaign campaign() {
    return Campaign.named("test").models(MODEL).on(new Fixtures.Pixels(40));
  }

  private static Row row(Report report, String defense, String attack) {
    return report
        .analysis()
        .row(
            report.analysis().subjects().stream()
                .filter(s -> s.defense().equals(defense))
                .findFirst()
                .orElseThrow(),
            attack)
        .orElseThrow();
  }

  private static List<String> doubts(Report report) {
    return report.analysis().doubts().stream().map(Doubt::toString).toList();
  }

  @Test
  void successIsTheShareOfMarginsBelowTheRadius() { // oracle 1: the margin falls by eps|w|_1
    Report report = campaign().attacks(Fixtures.Signed.linf(0.05)).run(Workers.local(1));
    // A picture's gap of g falls to g - 2 eps: won where g < 0.1, that is 10 of 40 pictures.
    Row row = row(report, "none", "test-signed Linf 0.05");
    assertThat(row.success().value()).isCloseTo(0.25, within(1e-9));
    assertThat(row.success().trials()).isEqualTo(40);
    assertThat(row.robust().value()).isCloseTo(0.75, within(1e-9));
    assertThat(row.clean().value()).isEqualTo(1);
    assertThat(row.distance().max()).isCloseTo(0.05, within(1e-6));
    assertThat(row.control()).isEqualTo(Control.IS_CONTROL);
  }

  @Test
  void attackThatDoesNotFitIsSkippedWithTheReason() {
    Report report =
        campaign()
            .attacks(Fixtures.Signed.linf(0.05))
            .defenses(new Fixtures.Contrast(List.of()))
            .run(Workers.local(1));
    assertThat(report.analysis().ledger().skipped())
        .extracting(Entry.Skipped::reason)
        .containsExactly(
            "attack needs ImageClassifier.White, test-contrast(linear) offers"
                + " [ImageClassifier.Gray]");
  }

  @Test
  void adaptiveAttackThatTheDefenseNamesRunsWithTheBallOfTheOthers() {
    Report report =
        campaign()
            .attacks(Fixtures.Signed.linf(0.05))
            .defenses(new Fixtures.Contrast(List.of("test-guess")))
            .run(Workers.local(1));
    Row adaptive = row(report, "contrast", "test-guess Linf 0.05");
    assertThat(adaptive.adaptive()).isTrue();
    assertThat(adaptive.success().value()).isCloseTo(0.25, within(1e-9));
    assertThat(adaptive.control()).isEqualTo(Control.LANDED);
    assertThat(row(report, "none", "test-guess Linf 0.05").success().value())
        .isCloseTo(0.25, within(1e-9));
  }

  @Test
  void adaptiveAttackThatIsNotRegisteredLeavesADoubt() {
    Report report =
        campaign()
            .attacks(Fixtures.Guess.linf(0.05))
            .defenses(new Fixtures.Contrast(List.of("test-unheard-of")))
            .run(Workers.local(1));
    assertThat(doubts(report))
        .anyMatch(d -> d.contains("where=contrast") && d.contains("test-unheard-of"));
  }

  /** Hidden gradients are met with the undefended model's: the identity on the way back. */
  @Test
  void defenseThatNamesNothingMeetsWhatAdaptsToIt() {
    Report report =
        campaign()
            .attacks(Fixtures.Signed.linf(0.05))
            .defenses(new Fixtures.Contrast(List.of()))
            .run(Workers.local(1));
    Row adaptive = row(report, "contrast", "EOT and BPDA Linf 0.05");
    assertThat(adaptive.adaptive()).isTrue();
    assertThat(adaptive.success().value()).isCloseTo(0.25, within(1e-9));
    assertThat(adaptive.control()).isEqualTo(Control.LANDED);
  }

  @Test
  void idleAttackProvesNothing() {
    Report report =
        campaign()
            .attacks(new Fixtures.Idle(Fixtures.linf(0.05)))
            .defenses(new Fixtures.Contrast(List.of()))
            .run(Workers.local(1));
    assertThat(row(report, "contrast", "test-idle Linf 0.05").control()).isEqualTo(Control.MISSED);
    assertThat(doubts(report)).anyMatch(d -> d.contains("won no image of any model"));
    Report alone = campaign().attacks(new Fixtures.Idle(Fixtures.linf(0.05))).run(Workers.local(1));
    Subject undefended = alone.analysis().subjects().get(0);
    Worst worst =
        alone.analysis().worst(undefended, new Analysis.Radius("LINF", 0.05)).orElseThrow();
    assertThat(worst.robust().value()).isEqualTo(1);
    assertThat(worst.doubtful()).isTrue();
  }

  @Test
  void imagesOutsideTheBallAreNoSuccess() {
    Report report =
        campaign().attacks(new Fixtures.Cheat(Fixtures.linf(0.03), false)).run(Workers.local(1));
    assertThat(row(report, "none", "test-cheat Linf 0.03").success().value()).isZero();
    assertThat(doubts(report)).anyMatch(d -> d.contains("40 adversarial images"));
  }

  @Test
  void claimedSuccessesThatDoNotHoldAreNamed() {
    Report report =
        campaign().attacks(new Fixtures.Cheat(Fixtures.linf(0.03), true)).run(Workers.local(1));
    assertThat(row(report, "none", "test-cheat Linf 0.03").success().value()).isZero();
    assertThat(doubts(report))
        .anyMatch(d -> d.contains("40 successes that the attack reported did not hold"));
  }

  @Test
  void hiddenGradientsAreReportedAndTheBlindAttackShowsThem() {
    Report report =
        campaign()
            .models(MASKED)
            .attacks(Fixtures.Signed.linf(0.1), Fixtures.Guess.linf(0.1))
            .run(Workers.local(1));
    assertThat(row(report, "none", "test-signed Linf 0.1").success().value()).isZero();
    assertThat(doubts(report))
        .anyMatch(d -> d.contains("gradient of exactly zero on 40 of 40"))
        .anyMatch(d -> d.contains("test-guess Linf 0.1, which sees no gradient, wins more"));
  }

  @Test
  void randomDefenseIsFoundOutAndDrawnSeveralTimes() {
    Report report =
        campaign()
            .attacks(Fixtures.Guess.linf(0.05))
            .defenses(new Fixtures.Noise(0.2), new Fixtures.Contrast(List.of()))
            .draws(4)
            .run(Workers.local(1));
    assertThat(row(report, "noise", "test-guess Linf 0.05").success().repeats()).isEqualTo(4);
    assertThat(row(report, "contrast", "test-guess Linf 0.05").success().repeats()).isEqualTo(1);
    assertThat(report.analysis().utilities().get(1).random()).isTrue();
  }

  @Test
  void brokenAttackFailsItsOwnCellOnly() {
    Report report =
        campaign()
            .attacks(new Fixtures.Broken("<script>"), Fixtures.Signed.linf(0.05))
            .run(Workers.local(1));
    assertThat(report.analysis().ledger().failed())
        .extracting(Entry.Failed::error)
        .containsExactly("IllegalStateException: <script>");
    assertThat(row(report, "none", "test-signed Linf 0.05").success().value()).isPositive();
  }

  @Test
  void finishedCellsAreNotRunAgain() {
    Path journal = folder.resolve("c.jsonl");
    Campaign campaign = campaign().attacks(Fixtures.Signed.linf(0.05)).seeds(0, 1).journal(journal);
    Report first = campaign.run(Workers.local(1));
    int opened = Fixtures.OPENED.get();
    int attacks = Fixtures.ATTACKS.get();
    Report second = campaign.run(Workers.local(1));
    assertThat(Fixtures.OPENED.get()).isEqualTo(opened);
    assertThat(Fixtures.ATTACKS.get()).isEqualTo(attacks);
    assertThat(second.table()).isEqualTo(first.table());
    assertThat(Report.read(journal).table()).isEqualTo(first.table());

    Report more = campaign.seeds(0, 1, 2).run(Workers.local(1));
    assertThat(Fixtures.ATTACKS.get()).isEqualTo(attacks + 1);
    assertThat(row(more, "none", "test-signed Linf 0.05").success().repeats()).isEqualTo(3);
    assertThat(campaign.seeds(1).run(Workers.local(1)).analysis().ledger().attacked()).hasSize(1);

    int before = Fixtures.ATTACKS.get();
    campaign.seeds(0).budget(Budget.queries(7)).run(Workers.local(1));
    assertThat(Fixtures.ATTACKS.get()).as("another budget is another cell").isEqualTo(before + 1);
  }

  @Test
  void numberOfThreadsChangesNothingButTime() {
    Campaign campaign =
        campaign()
            .models(MODEL, MASKED)
            .attacks(
                Fixtures.Signed.linf(0.05), Fixtures.Signed.linf(0.1), Fixtures.Guess.linf(0.05))
            .defenses(new Fixtures.Noise(0.2), new Fixtures.Contrast(List.of("test-guess")))
            .seeds(0, 1);
    assertThat(outcome(campaign.run(Workers.local(4))))
        .isEqualTo(outcome(campaign.run(Workers.local(1))));
  }

  private static String outcome(Report report) {
    return report.analysis().rows().stream()
            .map(r -> r.subject() + r.label() + r.success() + r.robust() + r.rounded())
            .collect(Collectors.joining("\n"))
        + report.analysis().doubts();
  }

  @Test
  void cancelledCampaignKeepsItsFinishedCells() {
    Path journal = folder.resolve("c.jsonl");
    CancelToken token = new CancelToken();
    Campaign campaign = campaign().attacks(Fixtures.Signed.linf(0.05)).journal(journal);
    campaign.run(Workers.local(1));
    token.cancel();
    int before = Journal.read(journal).size();
    assertThatThrownBy(() -> campaign.seeds(0, 5).withCancel(token).run(Workers.local(1)))
        .isInstanceOf(RunCancelled.class);
    assertThat(Journal.read(journal)).hasSizeGreaterThanOrEqualTo(before);
  }

  @Test
  void largerBallNeverHelpsLessInTheWorstCase() {
    Report report =
        campaign()
            .attacks(Fixtures.Signed.linf(0.04), Fixtures.Signed.linf(0.1))
            .run(Workers.local(1));
    Worst.Curve curve = report.analysis().curves("pixels-40", "LINF").get(0);
    assertThat(curve.points().get(0).robust().value()).isEqualTo(1);
    for (int i = 1; i < curve.points().size(); i++) {
      assertThat(curve.points().get(i).robust().value())
          .isLessThanOrEqualTo(curve.points().get(i - 1).robust().value());
    }
    assertThat(curve.points().get(curve.points().size() - 1).robust().value())
        .isCloseTo(0.25, within(1e-9));
  }

  @Test
  void whatIsMissingIsSaidAtOnce() {
    assertThatThrownBy(() -> Campaign.named("x").run(Workers.local(1)))
        .hasMessage("a campaign needs models; call models(...)");
    assertThatThrownBy(() -> campaign().run(Workers.local(1)))
        .hasMessage("a campaign needs attacks; call attacks(...)");
    assertThatThrownBy(
            () ->
                campaign()
                    .models(MODEL, MODEL)
                    .attacks(Fixtures.Signed.linf(0.1))
                    .run(Workers.local(1)))
        .hasMessage("models must have different ids, were [linear, linear]");
    assertThatThrownBy(
            () ->
                campaign()
                    .attacks(Fixtures.Signed.linf(0.1))
                    .budget("test-sigmed", Budget.queries(3))
                    .run(Workers.local(1)))
        .hasMessage("a budget is for \"test-sigmed\", but the attacks are [test-signed]");
  }

  @Test
  void reportIsWrittenInAllForms() throws Exception {
    Report report =
        campaign()
            .attacks(Fixtures.Signed.linf(0.05), Fixtures.Guess.linf(0.1))
            .defenses(new Fixtures.Contrast(List.of("test-guess")))
            .run(Workers.local(1));
    report.html(folder.resolve("r/index.html"));
    report.markdown(folder.resolve("r/index.md"));
    report.jsonLines(folder.resolve("r/index.jsonl"));
    String html = Files.readString(folder.resolve("r/index.html"));
    assertThat(html)
        .contains("data:image/png;base64,", "&lt;b&gt;left&lt;/b&gt;", "pixels-40")
        .doesNotContain("<b>left", "<script");
    assertThat(Files.readString(folder.resolve("r/index.md"))).contains("| none |".substring(0, 1));
    assertThat(Files.readAllLines(folder.resolve("r/index.jsonl"))).hasSizeGreaterThan(5);
    assertThat(report.table()).contains("test-signed Linf 0.05", "no defense");
  }
}
