package org.safety4j.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.junit.jupiter.api.Test;

class RocTest {
  private static double[] normalQuantiles(double mean, int n) {
    NormalDistribution normal = new NormalDistribution(mean, 1);
    return IntStream.range(0, n)
        .mapToDouble(i -> normal.inverseCumulativeProbability((i + 0.5) / n))
        .toArray();
  }

  @Test
  void gaussianShiftOfOneHasItsKnownAreaAndTails() { // oracle 66
    Roc roc = Roc.of(normalQuantiles(0, 20_000), normalQuantiles(1, 20_000));
    assertThat(roc.area()).isCloseTo(0.76025, within(1e-5));
    assertThat(roc.truePositivesAt(0.001).value()).isCloseTo(0.018298, within(4e-4));
    assertThat(roc.truePositivesAt(0.01).value()).isCloseTo(0.092362, within(4e-4));
  }

  @Test
  void gaussianShiftOfTwoHasItsKnownAreaAndTail() { // oracle 66
    Roc roc = Roc.of(normalQuantiles(0, 20_000), normalQuantiles(2, 20_000));
    assertThat(roc.area()).isCloseTo(0.92135, within(1e-5));
    assertThat(roc.truePositivesAt(0.001).value()).isCloseTo(0.13781, within(2e-3));
  }

  @Test
  void areaIsTheMannWhitneyCountWithTiesAsHalves() { // oracle 70
    double[] negatives = {1, 2, 2, 5};
    double[] positives = {2, 3, 5};
    double wins = 0;
    for (double p : positives) {
      for (double n : negatives) {
        wins += p > n ? 1 : p == n ? 0.5 : 0;
      }
    }
    assertThat(Roc.of(negatives, positives).area()).isCloseTo(wins / 12, within(1e-12));
    assertThat(Roc.of(new double[] {1, 1}, new double[] {1}).area()).isEqualTo(0.5);
  }

  @Test
  void trapezoidsUnderThePointsAddUpToTheArea() {
    SplittableRandom random = new SplittableRandom(2);
    double[] negatives = random.ints(40, 0, 8).asDoubleStream().toArray();
    double[] positives = random.ints(30, 2, 10).asDoubleStream().toArray();
    Roc roc = Roc.of(negatives, positives);
    double area = 0;
    Roc.Point last = null;
    for (Roc.Point point : roc.points()) {
      if (last != null) {
        area +=
            (point.falsePositiveRate() - last.falsePositiveRate())
                * (point.truePositiveRate() + last.truePositiveRate())
                / 2;
      }
      last = point;
    }
    assertThat(area).isCloseTo(roc.area(), within(1e-12));
    assertThat(last.falsePositiveRate()).isEqualTo(1);
    assertThat(last.truePositiveRate()).isEqualTo(1);
  }

  @Test
  void thresholdNeverFlagsMoreNegativesThanAllowed() {
    double[] negatives = {1, 2, 3, 3, 3, 4, 5, 6, 7, 8};
    Roc roc = Roc.of(negatives, new double[] {3, 9});
    for (int i = 0; i <= 10; i++) {
      double threshold = roc.thresholdAt(i / 10.0);
      assertThat(roc.falsePositives(threshold).value()).isLessThanOrEqualTo(i / 10.0);
    }
    assertThat(roc.falsePositives(roc.thresholdAt(0.5)).value()).isEqualTo(0.5);
    assertThat(roc.truePositivesAt(0).value()).isEqualTo(0.5);
  }

  @Test
  void areaIntervalCoversTheTruthNearItsLevel() {
    SplittableRandom random = new SplittableRandom(4);
    NormalDistribution normal = new NormalDistribution();
    int covered = 0;
    for (int i = 0; i < 1000; i++) {
      double[] negatives = random.doubles(40).map(normal::inverseCumulativeProbability).toArray();
      double[] positives =
          random.doubles(40).map(u -> 1 + normal.inverseCumulativeProbability(u)).toArray();
      covered += Roc.of(negatives, positives).area(0.95).interval().contains(0.76025) ? 1 : 0;
    }
    assertThat(covered / 1000.0).isBetween(0.93, 0.97);
  }

  @Test
  void fullSeparationStillLeavesDoubt() {
    Estimate area = Roc.of(new double[] {0, 1, 2}, new double[] {3, 4, 5}).area(0.95);
    assertThat(area.value()).isEqualTo(1);
    assertThat(area.interval().lower()).isLessThan(0.5);
  }

  @Test
  void refusesEmptySidesAndNaN() {
    assertThatThrownBy(() -> Roc.of(new double[0], new double[1]))
        .hasMessage("negatives must not be empty");
    assertThatThrownBy(() -> Roc.of(new double[1], new double[] {Double.NaN}))
        .hasMessage("positives must not hold NaN");
  }
}
