package org.safety4j.core.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.stat.ranking.NaNStrategy;
import org.apache.commons.math3.stat.ranking.NaturalRanking;
import org.apache.commons.math3.stat.ranking.TiesStrategy;
import org.safety4j.core.error.Require;

/**
 * The receiver operating characteristic of a score that should be higher on positives (attacked,
 * member, marked) than on negatives (benign, non-member, unmarked). Immutable.
 *
 * <p><b>Source</b> of the area's interval: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson,
 * "Comparing the Areas under Two or More Correlated Receiver Operating Characteristic Curves",
 * Biometrics, 1988, on the logit scale.
 */
public final class Roc {
  private final double[] negatives;
  private final double[] positives;

  private Roc(double[] negatives, double[] positives) {
    this.negatives = negatives;
    this.positives = positives;
  }

  /**
   * A point of the curve: everything that scores at least the threshold is flagged.
   *
   * @param threshold the threshold; positive infinity at the curve's start
   * @param falsePositiveRate the share of negatives flagged
   * @param truePositiveRate the share of positives flagged
   */
  public record Point(double threshold, double falsePositiveRate, double truePositiveRate) {}

  /**
   * A curve from scores.
   *
   * @param negatives scores of negatives, at least one, no NaN
   * @param positives scores of positives, at least one, no NaN
   * @return the curve
   * @throws IllegalArgumentException if a side is empty or holds NaN
   */
  public static Roc of(double[] negatives, double[] positives) {
    return new Roc(sorted("negatives", negatives), sorted("positives", positives));
  }

  private static double[] sorted(String name, double[] scores) {
    Require.that(scores.length > 0, name + " must not be empty");
    double[] copy = scores.clone();
    Arrays.sort(copy);
    Require.that(!Double.isNaN(copy[copy.length - 1]), name + " must not hold NaN");
    return copy;
  }

  /**
   * The area under the curve: the chance that a positive scores higher than a negative, ties
   * counted as one half.
   *
   * @return the area, in [0, 1]
   */
  public double area() {
    double sum = 0;
    for (double rank : ranks(negatives, positives)) {
      sum += rank;
    }
    double n1 = positives.length;
    return (sum - n1 * (n1 + 1) / 2) / (n1 * negatives.length);
  }

  /**
   * The area with DeLong's interval.
   *
   * @param level the confidence level, in (0, 1)
   * @return area and interval; the interval is [0, 1] where a side has one score only
   */
  public Estimate area(double level) {
    double area = area();
    double n1 = positives.length;
    double n0 = negatives.length;
    if (n1 < 2 || n0 < 2) {
      return new Estimate(area, new Interval(0, 1, level));
    }
    double variance =
        StatUtils.variance(placements(negatives, positives)) / n1
            + StatUtils.variance(placements(positives, negatives)) / n0;
    if (area == 0 || area == 1) {
      // No overlap: the variance is 0 and says nothing. The weaker side's exact bound does.
      long n = (long) Math.min(n0, n1);
      return new Estimate(area, Intervals.clopperPearson(area == 1 ? n : 0, n, level));
    }
    double logit = Math.log(area / (1 - area));
    double half = Intervals.quantile(level) * Math.sqrt(variance) / (area * (1 - area));
    return new Estimate(area, new Interval(logistic(logit - half), logistic(logit + half), level));
  }

  /** For each of {@code of}, the share of {@code among} below it, ties counted as one half. */
  private static double[] placements(double[] among, double[] of) {
    double[] joint = ranks(among, of);
    double[] own = ranking().rank(of);
    double[] placements = new double[of.length];
    for (int i = 0; i < placements.length; i++) {
      placements[i] = (joint[i] - own[i]) / among.length;
    }
    return placements;
  }

  private static double[] ranks(double[] others, double[] of) {
    double[] all = Arrays.copyOf(of, of.length + others.length);
    System.arraycopy(others, 0, all, of.length, others.length);
    return Arrays.copyOf(ranking().rank(all), of.length);
  }

  private static NaturalRanking ranking() {
    return new NaturalRanking(NaNStrategy.FAILED, TiesStrategy.AVERAGE);
  }

  private static double logistic(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /**
   * The lowest threshold that flags at most a given share of the negatives.
   *
   * @param falsePositiveRate the share allowed, in [0, 1]
   * @return the threshold: scores at least this high are flagged
   * @throws IllegalArgumentException if the rate is outside [0, 1]
   */
  public double thresholdAt(double falsePositiveRate) {
    Require.inRange("falsePositiveRate", falsePositiveRate, 0, 1);
    int allowed = (int) Math.floor(falsePositiveRate * negatives.length + 1e-9);
    if (allowed == negatives.length) {
      return Math.min(negatives[0], positives[0]);
    }
    return Math.nextUp(negatives[negatives.length - 1 - allowed]);
  }

  /**
   * The share of positives flagged when at most a given share of negatives is.
   *
   * @param falsePositiveRate the share of negatives allowed, in [0, 1]
   * @return the true positive rate there
   * @throws IllegalArgumentException if the rate is outside [0, 1]
   */
  public Rate truePositivesAt(double falsePositiveRate) {
    double threshold = thresholdAt(falsePositiveRate);
    return Rate.of(atLeast(positives, threshold), positives.length, "positives");
  }

  /**
   * The share of negatives flagged at a threshold.
   *
   * @param threshold scores at least this high are flagged
   * @return the false positive rate there
   */
  public Rate falsePositives(double threshold) {
    return Rate.of(atLeast(negatives, threshold), negatives.length, "negatives");
  }

  private static int atLeast(double[] ascending, double threshold) {
    int count = 0;
    for (int i = ascending.length - 1; i >= 0 && ascending[i] >= threshold; i--) {
      count++;
    }
    return count;
  }

  /**
   * The curve's corners, from (0, 0) to (1, 1), one for each distinct score.
   *
   * @return the points, by falling threshold
   */
  public List<Point> points() {
    List<Point> points = new ArrayList<>();
    points.add(new Point(Double.POSITIVE_INFINITY, 0, 0));
    int n = negatives.length;
    int p = positives.length;
    int flaggedNegatives = 0;
    int flaggedPositives = 0;
    while (flaggedNegatives < n || flaggedPositives < p) {
      double threshold =
          Math.max(
              flaggedNegatives < n ? negatives[n - 1 - flaggedNegatives] : Double.NEGATIVE_INFINITY,
              flaggedPositives < p
                  ? positives[p - 1 - flaggedPositives]
                  : Double.NEGATIVE_INFINITY);
      while (flaggedNegatives < n && negatives[n - 1 - flaggedNegatives] == threshold) {
        flaggedNegatives++;
      }
      while (flaggedPositives < p && positives[p - 1 - flaggedPositives] == threshold) {
        flaggedPositives++;
      }
      points.add(
          new Point(threshold, (double) flaggedNegatives / n, (double) flaggedPositives / p));
    }
    return List.copyOf(points);
  }
}
