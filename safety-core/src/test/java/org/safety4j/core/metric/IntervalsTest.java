package org.safety4j.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.StatUtils;
import org.junit.jupiter.api.Test;

class IntervalsTest {
  private static final double[] SKEWED =
      new SplittableRandom(5).doubles(60).map(u -> -Math.log(1 - u)).toArray();

  @Test
  void wilsonUpperEndAtNoneOfHundredIs3point699Percent() { // oracle 49
    Interval interval = Intervals.wilson(0, 100, 0.95);
    assertThat(interval.lower()).isZero();
    assertThat(interval.upper()).isCloseTo(0.03699, within(5e-6));
  }

  @Test
  void clopperPearsonAtNoneOfHundredIs3point622TwoSidedAnd2point951OneSided() { // oracle 49
    assertThat(Intervals.clopperPearson(0, 100, 0.95).upper()).isCloseTo(0.03622, within(5e-6));
    assertThat(Intervals.clopperPearsonUpper(0, 100, 0.95)).isCloseTo(0.02951, within(5e-6));
  }

  @Test
  void clopperPearsonLowerBoundsGiveThePublishedSmoothingRadii() { // oracle 20
    assertRadius(100, 100, 0.933254, 1.50048);
    assertRadius(100_000, 100_000, 0.9999309, 3.81146);
    assertRadius(99_000, 100_000, 0.988989, 2.29000);
    assertRadius(75_000, 100_000, 0.745747, 0.66117);
  }

  private static void assertRadius(int k, int n, double bound, double radius) {
    double lower = Intervals.clopperPearsonLower(k, n, 0.999);
    assertThat(lower).isCloseTo(bound, within(5e-7));
    assertThat(new NormalDistribution().inverseCumulativeProbability(lower))
        .isCloseTo(radius, within(2e-5));
  }

  @Test
  void clopperPearsonIsSymmetricAndOrdered() {
    Interval interval = Intervals.clopperPearson(3, 20, 0.9);
    Interval mirrored = Intervals.clopperPearson(17, 20, 0.9);
    assertThat(interval.lower()).isCloseTo(1 - mirrored.upper(), within(1e-10));
    assertThat(interval.contains(0.15)).isTrue();
    assertThat(Intervals.clopperPearson(20, 20, 0.9).upper()).isEqualTo(1);
  }

  @Test
  void bootstrapOfAMeanMatchesItsNormalInterval() {
    Interval interval = Intervals.bootstrap(SKEWED, StatUtils::mean, 4000, 0.95, 1);
    double mean = StatUtils.mean(SKEWED);
    double half = 1.96 * Math.sqrt(StatUtils.variance(SKEWED) / SKEWED.length);
    assertThat(interval.lower()).isCloseTo(mean - half, within(0.15 * half));
    assertThat(interval.upper()).isCloseTo(mean + half, within(0.15 * half));
  }

  @Test
  void bcaLeansTowardsTheLongTail() {
    Interval plain = Intervals.bootstrap(SKEWED, StatUtils::mean, 4000, 0.95, 1);
    Interval bca = Intervals.bootstrapBca(SKEWED, StatUtils::mean, 4000, 0.95, 1);
    assertThat(bca.lower()).isGreaterThan(plain.lower());
    assertThat(bca.upper()).isGreaterThan(plain.upper());
  }

  @Test
  void bootstrapDependsOnNothingButItsSeed() {
    Interval first = Intervals.bootstrapBca(SKEWED, StatUtils::max, 200, 0.9, 7);
    assertThat(Intervals.bootstrapBca(SKEWED, StatUtils::max, 200, 0.9, 7)).isEqualTo(first);
    assertThat(Intervals.bootstrap(SKEWED, StatUtils::mean, 200, 0.9, 8))
        .isNotEqualTo(Intervals.bootstrap(SKEWED, StatUtils::mean, 200, 0.9, 7));
  }

  @Test
  void bootstrapOfAConstantHasNoWidth() {
    double[] constant = new double[10];
    Arrays.fill(constant, 2.5);
    assertThat(Intervals.bootstrapBca(constant, StatUtils::mean, 100, 0.95, 0))
        .isEqualTo(new Interval(2.5, 2.5, 0.95));
  }

  @Test
  void wilsonCoversNearItsLevel() {
    SplittableRandom random = new SplittableRandom(3);
    int covered = 0;
    for (int i = 0; i < 2000; i++) {
      int hits = 0;
      for (int j = 0; j < 80; j++) {
        hits += random.nextDouble() < 0.3 ? 1 : 0;
      }
      covered += Intervals.wilson(hits, 80, 0.95).contains(0.3) ? 1 : 0;
    }
    assertThat(covered / 2000.0).isBetween(0.935, 0.965);
  }

  @Test
  void refusesLevelsOutsideTheOpenUnitInterval() {
    assertThatThrownBy(() -> Intervals.wilson(1, 2, 95))
        .hasMessage("level must be in (0, 1), was 95.0; 0.95 is usual");
    assertThatThrownBy(() -> Intervals.clopperPearsonLower(3, 2, 0.9))
        .hasMessageContaining("was 3 of 2");
    assertThatThrownBy(() -> Intervals.bootstrap(new double[0], StatUtils::mean, 100, 0.9, 0))
        .hasMessage("samples must not be empty");
  }
}
