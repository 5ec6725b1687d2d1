package org.safety4j.core.metric;

import java.util.Locale;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.stat.inference.AlternativeHypothesis;
import org.apache.commons.math3.stat.inference.BinomialTest;
import org.safety4j.core.error.Require;

/**
 * Two conditions tried on the same samples, compared: McNemar's test on the samples where they
 * differ, and an interval for the difference of the two rates.
 *
 * <p><b>Source</b>: Q. McNemar, "Note on the Sampling Error of the Difference between Correlated
 * Proportions or Percentages", Psychometrika, 1947; the mid-p form: M. W. Fagerland, S. Lydersen
 * and P. Laake, "The McNemar Test for Binary Matched-pairs Data", BMC Medical Research Methodology,
 * 2013; the interval: R. G. Newcombe, "Improved Confidence Intervals for the Difference between
 * Binomial Proportions Based on Paired Data", Statistics in Medicine, 1998 (method 10).
 *
 * @param both samples where both conditions succeeded
 * @param onlyFirst samples where only the first succeeded
 * @param onlySecond samples where only the second succeeded
 * @param neither samples where neither succeeded
 */
public record PairedTest(int both, int onlyFirst, int onlySecond, int neither) {
  /**
   * Checks the counts.
   *
   * @param both samples where both conditions succeeded
   * @param onlyFirst samples where only the first succeeded
   * @param onlySecond samples where only the second succeeded
   * @param neither samples where neither succeeded
   * @throws IllegalArgumentException if a count is negative
   */
  public PairedTest {
    Require.atLeast("both", both, 0);
    Require.atLeast("onlyFirst", onlyFirst, 0);
    Require.atLeast("onlySecond", onlySecond, 0);
    Require.atLeast("neither", neither, 0);
  }

  /**
   * Compares outcomes sample by sample.
   *
   * @param first the first condition's outcomes
   * @param second the second condition's outcomes on the same samples in the same order
   * @return the comparison
   * @throws IllegalArgumentException if the lengths differ
   */
  public static PairedTest of(boolean[] first, boolean[] second) {
    Require.that(
        first.length == second.length,
        "paired outcomes must be of one length, were " + first.length + " and " + second.length);
    int[] counts = new int[4];
    for (int i = 0; i < first.length; i++) {
      counts[(first[i] ? 0 : 2) + (second[i] ? 0 : 1)]++;
    }
    return new PairedTest(counts[0], counts[1], counts[2], counts[3]);
  }

  /**
   * How many samples were compared.
   *
   * @return the sum of the four counts
   */
  public int samples() {
    return both + onlyFirst + onlySecond + neither;
  }

  /**
   * The difference of the two rates.
   *
   * @return the first rate minus the second; NaN without samples
   */
  public double difference() {
    return samples() == 0 ? Double.NaN : (double) (onlyFirst - onlySecond) / samples();
  }

  /**
   * The two-sided exact p-value of McNemar's test: never below its nominal level, conservative when
   * few samples differ.
   *
   * @return the p-value, 1 where no sample differs
   */
  public double exactP() {
    int differing = onlyFirst + onlySecond;
    if (differing == 0) {
      return 1;
    }
    double p =
        new BinomialTest().binomialTest(differing, onlyFirst, 0.5, AlternativeHypothesis.TWO_SIDED);
    return Math.min(1, p);
  }

  /**
   * The two-sided mid-p value of McNemar's test: close to its nominal level, the better default.
   *
   * @return the p-value, 1 where no sample differs
   */
  public double midP() {
    int differing = onlyFirst + onlySecond;
    if (differing == 0) {
      return 1;
    }
    BinomialDistribution even = new BinomialDistribution(null, differing, 0.5);
    int smaller = Math.min(onlyFirst, onlySecond);
    double p = even.probability(smaller);
    for (int i = 0; i < smaller; i++) {
      p += 2 * even.probability(i);
    }
    return Math.min(1, p);
  }

  /**
   * The interval of the difference of the two rates.
   *
   * @param level the confidence level, in (0, 1)
   * @return the interval, within [-1, 1]; [-1, 1] without samples
   */
  public Interval differenceInterval(double level) {
    int n = samples();
    if (n == 0) {
      return new Interval(-1, 1, level);
    }
    double p1 = (double) (both + onlyFirst) / n;
    double p2 = (double) (both + onlySecond) / n;
    Interval first = Intervals.wilson(both + onlyFirst, n, level);
    Interval second = Intervals.wilson(both + onlySecond, n, level);
    double phi = correlation();
    double difference = p1 - p2;
    double below = combined(p1 - first.lower(), second.upper() - p2, phi);
    double above = combined(first.upper() - p1, p2 - second.lower(), phi);
    return new Interval(difference - below, difference + above, level).clampedTo(-1, 1);
  }

  private double correlation() {
    double rows = (double) (both + onlyFirst) * (onlySecond + neither);
    double columns = (double) (both + onlySecond) * (onlyFirst + neither);
    if (rows == 0 || columns == 0) {
      return 0;
    }
    double cross = (double) both * neither - (double) onlyFirst * onlySecond;
    double corrected = cross > 0 ? Math.max(0, cross - samples() / 2.0) : cross;
    return corrected / Math.sqrt(rows) / Math.sqrt(columns);
  }

  private static double combined(double a, double b, double phi) {
    return Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  }

  /** The difference with its 95 % interval, the differing counts and the mid-p value. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%+.3f %s, %d:%d of %d samples differ, p = %.3g",
        difference(),
        differenceInterval(Rate.LEVEL),
        onlyFirst,
        onlySecond,
        samples(),
        midP());
  }
}
