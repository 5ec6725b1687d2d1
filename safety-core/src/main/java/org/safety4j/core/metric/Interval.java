package org.safety4j.core.metric;

import java.util.Locale;
import org.safety4j.core.error.Require;

/**
 * A confidence interval.
 *
 * @param lower its lower end; NaN where nothing was observed
 * @param upper its upper end; NaN where nothing was observed
 * @param level the confidence level, in (0, 1)
 */
public record Interval(double lower, double upper, double level) {
  /**
   * Checks the ends and the level.
   *
   * @param lower its lower end
   * @param upper its upper end
   * @param level the confidence level, in (0, 1)
   * @throws IllegalArgumentException if the level is outside (0, 1) or the ends are in wrong order
   */
  public Interval {
    Require.that(
        level > 0 && level < 1, "level must be in (0, 1), was " + level + "; 0.95 is usual");
    Require.that(
        !(lower > upper), "lower must not exceed upper, was [" + lower + ", " + upper + "]");
  }

  /**
   * Tells whether a value lies in the closed interval.
   *
   * @param value the value
   * @return whether it does
   */
  public boolean contains(double value) {
    return value >= lower && value <= upper;
  }

  /**
   * The interval's length.
   *
   * @return upper minus lower
   */
  public double width() {
    return upper - lower;
  }

  /**
   * The interval cut to a range.
   *
   * @param min the smallest end allowed
   * @param max the largest end allowed
   * @return an interval within [min, max]
   */
  public Interval clampedTo(double min, double max) {
    return new Interval(
        Math.min(max, Math.max(min, lower)), Math.max(min, Math.min(max, upper)), level);
  }

  /** Three decimals: {@code [0.898, 0.966]}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "[%.3f, %.3f]", lower, upper);
  }
}
