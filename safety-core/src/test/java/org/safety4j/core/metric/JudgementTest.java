package org.safety4j.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class JudgementTest {
  private static final JudgeError JUDGE =
      new JudgeError(Rate.of(180, 200, "true successes"), Rate.of(190, 200, "true failures"));

  @Test
  void judgedThirtyPercentBecomes29point412() { // oracle 50: Se .9, Sp .95
    assertThat(JUDGE.correct(0.30)).isCloseTo(0.29412, within(5e-6));
  }

  @Test
  void correctedRateIsCutToTheUnitInterval() {
    assertThat(JUDGE.correct(0.01)).isZero();
    assertThat(JUDGE.correct(0.99)).isEqualTo(1);
  }

  @Test
  void judgesErrorWidensTheInterval() {
    Rate judged = Rate.of(300, 1000, "goals");
    Estimate corrected = JUDGE.correct(judged, 0.95);
    assertThat(corrected.interval().contains(0.29412)).isTrue();
    assertThat(corrected.interval().width()).isGreaterThan(1.3 * judged.interval().width());
    JudgeError better =
        new JudgeError(
            Rate.of(18_000, 20_000, "true successes"), Rate.of(19_000, 20_000, "true failures"));
    assertThat(better.correct(judged, 0.95).interval().width())
        .isLessThan(corrected.interval().width());
  }

  @Test
  void correctedIntervalCoversTheTruthNearItsLevel() {
    SplittableRandom random = new SplittableRandom(9);
    int covered = 0;
    for (int i = 0; i < 2000; i++) {
      JudgeError judge =
          new JudgeError(
              Rate.of(hits(random, 0.85, 100), 100, "true successes"),
              Rate.of(hits(random, 0.9, 100), 100, "true failures"));
      double judgedTruth = 0.4 * 0.85 + 0.6 * 0.1;
      Rate judged = Rate.of(hits(random, judgedTruth, 150), 150, "goals");
      covered += judge.correct(judged, 0.95).interval().contains(0.4) ? 1 : 0;
    }
    assertThat(covered / 2000.0).isBetween(0.935, 0.975);
  }

  private static int hits(SplittableRandom random, double p, int n) {
    int hits = 0;
    for (int i = 0; i < n; i++) {
      hits += random.nextDouble() < p ? 1 : 0;
    }
    return hits;
  }

  @Test
  void refusesAJudgeNoBetterThanChance() {
    assertThatThrownBy(
            () -> new JudgeError(Rate.of(5, 10, "true successes"), Rate.of(5, 10, "true failures")))
        .hasMessageContaining("no better than chance");
  }

  @Test
  void passAtFiveOfTenWithThreeIs0point916667() { // oracle 51
    assertThat(Attempts.passAtK(10, 3, 5)).isCloseTo(0.916667, within(5e-7));
    assertThat(Attempts.passAtK(10, 0, 5)).isZero();
    assertThat(Attempts.passAtK(10, 6, 5)).isEqualTo(1);
    assertThat(Attempts.passAtK(4, 1, 1)).isCloseTo(0.25, within(1e-12));
  }

  @Test
  void fiftyAttemptsAtTwoPercentSucceedWith0point63583() { // oracle 51
    assertThat(Attempts.anyOf(0.02, 50)).isCloseTo(0.63583, within(5e-6));
    assertThat(Attempts.anyOf(1, 0)).isZero();
    assertThat(Attempts.anyOf(1, 1)).isEqualTo(1);
  }

  @Test
  void kappaOfTheKnownTableIs0point70() { // oracle 52
    assertThat(Agreement.kappa(new long[][] {{40, 10}, {5, 45}})).isCloseTo(0.70, within(1e-12));
    assertThat(Agreement.kappa(new long[][] {{25, 25}, {25, 25}})).isCloseTo(0, within(1e-12));
    assertThat(Agreement.kappa(new long[][] {{5, 0}, {0, 5}})).isEqualTo(1);
  }

  @Test
  void kappaRefusesRaggedTables() {
    assertThatThrownBy(() -> Agreement.kappa(new long[][] {{1, 2}, {3}}))
        .hasMessage("table must be square, row 1 has 1 of 2 columns");
  }
}
