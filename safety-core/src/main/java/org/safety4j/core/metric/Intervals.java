package org.safety4j.core.metric;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.distribution.BetaDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;

/**
 * Confidence intervals for proportions and for any statistic of samples.
 *
 * <p><b>Source</b>: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
 * Inference", Journal of the American Statistical Association, 1927; C. J. Clopper and E. S.
 * Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial",
 * Biometrika, 1934; B. Efron, "Better Bootstrap Confidence Intervals", Journal of the American
 * Statistical Association, 1987.
 */
public final class Intervals {
  private static final double BETA_ACCURACY = 1e-12;
  private static final NormalDistribution NORMAL = new NormalDistribution(null, 0, 1);

  private Intervals() {}

  /**
   * The Wilson score interval of a proportion.
   *
   * @param successes how many trials succeeded, in [0, trials]
   * @param trials how many trials there were
   * @param level the confidence level, in (0, 1)
   * @return the interval; [0, 1] if there was no trial
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static Interval wilson(long successes, long trials, double level) {
    checkCounts(successes, trials);
    return wilsonOfShare(trials == 0 ? 0 : (double) successes / trials, trials, level);
  }

  /**
   * The Wilson score interval of a share that is an average over repetitions of the same trials,
   * and so no whole number of successes. It counts the trials once: repetitions narrow the share,
   * not the interval, which is therefore rather too wide than too narrow.
   *
   * @param share the average share, in [0, 1]
   * @param trials how many trials there were, each repeated or not
   * @param level the confidence level, in (0, 1)
   * @return the interval; [0, 1] if there was no trial
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static Interval wilsonOfShare(double share, long trials, double level) {
    if (trials == 0) {
      return new Interval(0, 1, level);
    }
    Require.inRange("share", share, 0, 1);
    double z = quantile(level);
    double n = trials;
    double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * Math.sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    return new Interval(share == 0 ? 0 : centre - half, share == 1 ? 1 : centre + half, level);
  }

  /**
   * The two-sided Clopper-Pearson interval of a proportion.
   *
   * @param successes how many trials succeeded, in [0, trials]
   * @param trials how many trials there were
   * @param level the confidence level, in (0, 1)
   * @return the interval; [0, 1] if there was no trial
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static Interval clopperPearson(long successes, long trials, double level) {
    double oneSided = 1 - (1 - level) / 2;
    return new Interval(
        clopperPearsonLower(successes, trials, oneSided),
        clopperPearsonUpper(successes, trials, oneSided),
        level);
  }

  /**
   * The one-sided lower Clopper-Pearson bound of a proportion.
   *
   * @param successes how many trials succeeded, in [0, trials]
   * @param trials how many trials there were
   * @param level the confidence that the proportion is at least the bound, in (0, 1)
   * @return the bound; 0 if nothing succeeded
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static double clopperPearsonLower(long successes, long trials, double level) {
    checkCounts(successes, trials);
    checkLevel(level);
    if (successes == 0) {
      return 0;
    }
    if (successes == trials) {
      return Math.pow(1 - level, 1.0 / trials);
    }
    return new BetaDistribution(null, successes, trials - successes + 1, BETA_ACCURACY)
        .inverseCumulativeProbability(1 - level);
  }

  /**
   * The one-sided upper Clopper-Pearson bound of a proportion.
   *
   * @param successes how many trials succeeded, in [0, trials]
   * @param trials how many trials there were
   * @param level the confidence that the proportion is at most the bound, in (0, 1)
   * @return the bound; 1 if nothing failed
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static double clopperPearsonUpper(long successes, long trials, double level) {
    checkCounts(successes, trials);
    return 1 - clopperPearsonLower(trials - successes, trials, level);
  }

  /**
   * The percentile bootstrap interval of a statistic.
   *
   * @param samples the observations, at least one
   * @param statistic the statistic, for instance a mean; must not change its argument
   * @param resamples how many resamples to draw, at least 100; 2,000 is usual
   * @param level the confidence level, in (0, 1)
   * @param seed seed of the resampling; equal seeds give equal intervals
   * @return the interval
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static Interval bootstrap(
      double[] samples,
      ToDoubleFunction<double[]> statistic,
      int resamples,
      double level,
      long seed) {
    double[] draws = resample(samples, statistic, resamples, level, seed);
    double tail = (1 - level) / 2;
    return between(draws, tail, 1 - tail, level);
  }

  /**
   * The bias-corrected and accelerated bootstrap interval of a statistic: second-order accurate for
   * skewed statistics, where percentiles alone are not. Falls back on the percentile interval where
   * the statistic does not vary under resampling or under leaving out an observation.
   *
   * @param samples the observations, at least one
   * @param statistic the statistic, for instance a mean; must not change its argument
   * @param resamples how many resamples to draw, at least 100; 2,000 is usual
   * @param level the confidence level, in (0, 1)
   * @param seed seed of the resampling; equal seeds give equal intervals
   * @return the interval
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static Interval bootstrapBca(
      double[] samples,
      ToDoubleFunction<double[]> statistic,
      int resamples,
      double level,
      long seed) {
    double[] draws = resample(samples, statistic, resamples, level, seed);
    double tail = (1 - level) / 2;
    double below = shareBelow(draws, statistic.applyAsDouble(samples));
    if (samples.length < 2 || below <= 0 || below >= 1) {
      return between(draws, tail, 1 - tail, level);
    }
    double bias = NORMAL.inverseCumulativeProbability(below);
    double acceleration = acceleration(samples, statistic);
    return between(
        draws, shifted(tail, bias, acceleration), shifted(1 - tail, bias, acceleration), level);
  }

  /**
   * The normal quantile that leaves half of the error on each side.
   *
   * @param level the two-sided confidence level, in (0, 1)
   * @return z, 1.959964 for 0.95
   */
  static double quantile(double level) {
    checkLevel(level);
    return NORMAL.inverseCumulativeProbability(1 - (1 - level) / 2);
  }

  private static double[] resample(
      double[] samples,
      ToDoubleFunction<double[]> statistic,
      int resamples,
      double level,
      long seed) {
    Require.that(samples.length > 0, "samples must not be empty");
    Require.atLeast("resamples", resamples, 100);
    checkLevel(level);
    SplittableRandom random = Rng.of(seed).derive("bootstrap").sequence();
    double[] draws = new double[resamples];
    double[] sample = new double[samples.length];
    for (int draw = 0; draw < resamples; draw++) {
      for (int i = 0; i < sample.length; i++) {
        sample[i] = samples[random.nextInt(samples.length)];
      }
      draws[draw] = statistic.applyAsDouble(sample);
    }
    Arrays.sort(draws);
    return draws;
  }

  private static double shareBelow(double[] draws, double value) {
    double below = 0;
    for (double draw : draws) {
      below += draw < value ? 1 : draw == value ? 0.5 : 0;
    }
    return below / draws.length;
  }

  private static double acceleration(double[] samples, ToDoubleFunction<double[]> statistic) {
    int n = samples.length;
    double[] without = new double[n];
    double[] rest = new double[n - 1];
    for (int i = 0; i < n; i++) {
      System.arraycopy(samples, 0, rest, 0, i);
      System.arraycopy(samples, i + 1, rest, i, n - 1 - i);
      without[i] = statistic.applyAsDouble(rest);
    }
    double mean = Arrays.stream(without).average().orElseThrow();
    double squares = 0;
    double cubes = 0;
    for (double value : without) {
      double gap = mean - value;
      squares += gap * gap;
      cubes += gap * gap * gap;
    }
    return squares == 0 ? 0 : cubes / (6 * Math.pow(squares, 1.5));
  }

  private static double shifted(double probability, double bias, double acceleration) {
    double z = bias + NORMAL.inverseCumulativeProbability(probability);
    return NORMAL.cumulativeProbability(bias + z / (1 - acceleration * z));
  }

  private static Interval between(double[] draws, double low, double high, double level) {
    Percentile percentile = new Percentile().withEstimationType(Percentile.EstimationType.R_7);
    percentile.setData(draws);
    return new Interval(at(percentile, low), at(percentile, high), level);
  }

  private static double at(Percentile percentile, double probability) {
    return percentile.evaluate(Math.min(100, Math.max(1e-9, 100 * probability)));
  }

  private static void checkCounts(long successes, long trials) {
    Require.that(
        successes >= 0 && successes <= trials,
        "successes must be in [0, trials], was " + successes + " of " + trials);
  }

  private static void checkLevel(double level) {
    Require.that(
        level > 0 && level < 1, "level must be in (0, 1), was " + level + "; 0.95 is usual");
  }
}
