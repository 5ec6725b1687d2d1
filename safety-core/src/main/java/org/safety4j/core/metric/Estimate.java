package org.safety4j.core.metric;

import java.util.Locale;

/**
 * A number that is no plain proportion (a mean, an area, a corrected rate), with its interval.
 *
 * @param value the point estimate
 * @param interval its confidence interval
 */
public record Estimate(double value, Interval interval) {
  /** Three decimals: {@code 0.294 [0.231, 0.362]}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.3f %s", value, interval);
  }
}
