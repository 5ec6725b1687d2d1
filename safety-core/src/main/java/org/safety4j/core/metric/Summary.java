package org.safety4j.core.metric;

import java.util.Arrays;
import java.util.Locale;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;

/**
 * Five numbers of a list of measurements (distances, query counts, seconds); NaN entries are left
 * out.
 *
 * @param count how many there were
 * @param min the smallest
 * @param median the middle one
 * @param mean the average
 * @param max the largest
 */
public record Summary(long count, double min, double median, double mean, double max) {
  /**
   * Summarises measurements.
   *
   * @param values the measurements; NaN is left out
   * @return the summary; all figures NaN if none was left
   */
  public static Summary of(double... values) {
    DescriptiveStatistics statistics =
        new DescriptiveStatistics(Arrays.stream(values).filter(v -> !Double.isNaN(v)).toArray());
    return new Summary(
        statistics.getN(),
        statistics.getMin(),
        statistics.getPercentile(50),
        statistics.getMean(),
        statistics.getMax());
  }

  /** Median, mean and range, to four significant digits. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "median %.4g, mean %.4g, range %.4g to %.4g (%d)",
        median,
        mean,
        min,
        max,
        count);
  }
}
