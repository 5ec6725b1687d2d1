package org.safety4j.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PairedTestTest {
  @Test
  void exactValueOfTenToTwoIs0point03857() { // oracle 53
    assertThat(new PairedTest(50, 10, 2, 30).exactP()).isCloseTo(0.03857, within(5e-6));
    assertThat(new PairedTest(0, 2, 10, 0).exactP()).isCloseTo(0.03857, within(5e-6));
  }

  @Test
  void midPValueOfTenToTwoTakesOffOneBinomialTerm() {
    double term = 66 / 4096.0;
    assertThat(new PairedTest(50, 10, 2, 30).midP()).isCloseTo(158 / 4096.0 - term, within(1e-9));
  }

  @Test
  void midPValueStaysPositiveHoweverSmall() {
    assertThat(new PairedTest(0, 130, 0, 70).midP()).isCloseTo(Math.pow(2, -130), within(1e-45));
    assertThat(new PairedTest(0, 130, 2, 70).midP()).isPositive();
  }

  @Test
  void noDifferenceIsNoEvidence() {
    PairedTest same = new PairedTest(5, 0, 0, 5);
    assertThat(same.exactP()).isEqualTo(1);
    assertThat(same.midP()).isEqualTo(1);
    assertThat(new PairedTest(5, 3, 3, 5).midP()).isCloseTo(1, within(1e-12));
  }

  @Test
  void countsTheFourKindsOfPairs() {
    PairedTest test =
        PairedTest.of(
            new boolean[] {true, true, true, false, false},
            new boolean[] {true, false, false, true, false});
    assertThat(test).isEqualTo(new PairedTest(1, 2, 1, 1));
    assertThat(test.difference()).isCloseTo(0.2, within(1e-12));
  }

  @Test
  void differenceIntervalIsNewcombesPublishedExample() {
    Interval interval = new PairedTest(36, 12, 2, 0).differenceInterval(0.95);
    assertThat(interval.lower()).isCloseTo(0.0569, within(5e-5));
    assertThat(interval.upper()).isCloseTo(0.3404, within(5e-5));
  }

  @Test
  void differenceIntervalCoversNearItsLevel() {
    SplittableRandom random = new SplittableRandom(11);
    int covered = 0;
    for (int i = 0; i < 2000; i++) {
      int[] counts = new int[4];
      for (int j = 0; j < 60; j++) {
        double u = random.nextDouble();
        counts[u < 0.5 ? 0 : u < 0.7 ? 1 : u < 0.78 ? 2 : 3]++;
      }
      PairedTest test = new PairedTest(counts[0], counts[1], counts[2], counts[3]);
      covered += test.differenceInterval(0.95).contains(0.12) ? 1 : 0;
    }
    assertThat(covered / 2000.0).isBetween(0.935, 0.975);
  }

  @Test
  void refusesUnequalLengths() {
    assertThatThrownBy(() -> PairedTest.of(new boolean[2], new boolean[3]))
        .hasMessage("paired outcomes must be of one length, were 2 and 3");
  }

  @Test
  void holmMultipliesByTheTestsLeftAndNeverFalls() {
    assertThat(MultipleComparisons.holm(0.01, 0.04, 0.03, 0.005))
        .containsExactly(new double[] {0.03, 0.06, 0.06, 0.02}, within(1e-12));
    assertThat(MultipleComparisons.holm(0.9, 0.8)).containsExactly(1, 1);
    assertThatThrownBy(() -> MultipleComparisons.holm(1.2)).hasMessageContaining("was 1.2");
  }
}
