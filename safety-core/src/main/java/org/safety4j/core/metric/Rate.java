package org.safety4j.core.metric;

import java.util.Locale;
import java.util.Objects;
import org.safety4j.core.error.Require;

/**
 * A proportion that says what it is a proportion of, with a Wilson score interval.
 *
 * <pre>{@code
 * Rate rate = Rate.of(176, 187, "correctly classified images");
 * rate.toString();   // 0.941 [0.898, 0.967] of 187 correctly classified images
 * }</pre>
 *
 * @param successes how many trials succeeded, in [0, trials]
 * @param trials the denominator, at least 0
 * @param denominator what the trials are, in the plural
 */
public record Rate(long successes, long trials, String denominator) {
  /** The confidence level of {@link #interval()}. */
  public static final double LEVEL = 0.95;

  /**
   * Checks the counts.
   *
   * @param successes how many trials succeeded, in [0, trials]
   * @param trials the denominator, at least 0
   * @param denominator what the trials are, in the plural
   * @throws IllegalArgumentException if a count is negative, successes exceed trials, or the
   *     denominator has no name
   */
  public Rate {
    Objects.requireNonNull(denominator, "denominator");
    Require.that(!denominator.isBlank(), "denominator must say what the trials are, was blank");
    Require.that(
        successes >= 0 && successes <= trials,
        "successes must be in [0, trials], was " + successes + " of " + trials);
  }

  /**
   * A rate from counts.
   *
   * @param successes how many trials succeeded
   * @param trials the denominator
   * @param denominator what the trials are, in the plural
   * @return the rate
   */
  public static Rate of(long successes, long trials, String denominator) {
    return new Rate(successes, trials, denominator);
  }

  /**
   * The rate of true values among outcomes.
   *
   * @param outcomes one value a trial
   * @param denominator what the trials are, in the plural
   * @return the rate
   */
  public static Rate of(boolean[] outcomes, String denominator) {
    long successes = 0;
    for (boolean outcome : outcomes) {
      successes += outcome ? 1 : 0;
    }
    return new Rate(successes, outcomes.length, denominator);
  }

  /**
   * The point estimate.
   *
   * @return successes over trials; NaN if there was no trial
   */
  public double value() {
    return trials == 0 ? Double.NaN : (double) successes / trials;
  }

  /**
   * The 95 % Wilson score interval.
   *
   * @return the interval; [0, 1] if there was no trial
   */
  public Interval interval() {
    return interval(LEVEL);
  }

  /**
   * The Wilson score interval.
   *
   * @param level the confidence level, in (0, 1)
   * @return the interval; [0, 1] if there was no trial
   */
  public Interval interval(double level) {
    return Intervals.wilson(successes, trials, level);
  }

  /**
   * The Clopper-Pearson interval: never covers less than its level, and is wider for it.
   *
   * @param level the confidence level, in (0, 1)
   * @return the interval; [0, 1] if there was no trial
   */
  public Interval exactInterval(double level) {
    return Intervals.clopperPearson(successes, trials, level);
  }

  /**
   * The rate of failures over the same trials.
   *
   * @return one minus this rate
   */
  public Rate complement() {
    return new Rate(trials - successes, trials, denominator);
  }

  /**
   * This rate's trials and another's, counted together.
   *
   * @param other a rate of the same denominator
   * @return the pooled rate
   * @throws IllegalArgumentException if the denominators differ
   */
  public Rate plus(Rate other) {
    Require.that(
        denominator.equals(other.denominator),
        "rates of different denominators cannot be pooled: \""
            + denominator
            + "\" and \""
            + other.denominator
            + "\"");
    return new Rate(successes + other.successes, trials + other.trials, denominator);
  }

  /** The value, its 95 % interval and what it is a rate of. */
  @Override
  public String toString() {
    if (trials == 0) {
      return "undefined (0 " + denominator + ")";
    }
    return String.format(Locale.ROOT, "%.3f %s of %d %s", value(), interval(), trials, denominator);
  }
}
