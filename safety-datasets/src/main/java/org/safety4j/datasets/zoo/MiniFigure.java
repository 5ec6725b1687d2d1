package org.safety4j.datasets.zoo;

import java.util.Locale;
import org.safety4j.core.error.Require;
import org.safety4j.core.metric.Interval;
import org.safety4j.core.metric.Rate;

/**
 * One thing that was measured on a small model, on data that it has not seen.
 *
 * @param name what was measured, in lower case with hyphens, such as {@code recognised}
 * @param value what came out
 * @param low lower end of the 95 % interval; the value itself where there is none
 * @param high upper end of the 95 % interval; the value itself where there is none
 * @param trials what it was measured on: the denominator of a rate
 * @param least what it must reach; NaN for a figure that is only reported
 */
public record MiniFigure(
    String name, double value, double low, double high, long trials, double least) {
  /**
   * Checks the name and the order of the interval.
   *
   * @param name lower-case letters, digits and hyphens
   * @param value at least low
   * @param low at most value
   * @param high at least value
   * @param trials at least 1
   * @param least what it must reach, or NaN
   * @throws IllegalArgumentException if one is out of range
   */
  public MiniFigure {
    Require.that(
        name.matches("[a-z0-9-]+"),
        "name must be of lower-case letters, digits and hyphens, was \"" + name + "\"");
    Require.that(
        low <= value && value <= high,
        "low <= value <= high must hold, were " + low + ", " + value + ", " + high);
    Require.that(trials >= 1, "trials must be at least 1, was " + trials);
  }

  /**
   * A share of trials, with its Wilson interval.
   *
   * @param name what was measured
   * @param rate successes and trials
   * @param least what it must reach; NaN for a figure that is only reported
   * @return the figure
   */
  static MiniFigure of(String name, Rate rate, double least) {
    Interval interval = rate.interval();
    return new MiniFigure(
        name, rate.value(), interval.lower(), interval.upper(), rate.trials(), least);
  }

  /**
   * A number without an interval.
   *
   * @param name what was measured
   * @param value what came out
   * @param trials what it was measured on
   * @param least what it must reach; NaN for a figure that is only reported
   * @return the figure
   */
  static MiniFigure of(String name, double value, long trials, double least) {
    return new MiniFigure(name, value, value, value, trials, least);
  }

  /**
   * Tells whether the figure reaches what it must.
   *
   * @return true if it does, or if it is only reported
   */
  public boolean holds() {
    return Double.isNaN(least) || value >= least;
  }

  /**
   * Gives the figure as a rate.
   *
   * @param denominator what was counted
   * @return the share of the trials
   * @throws IllegalArgumentException if the figure is no share
   */
  public Rate rate(String denominator) {
    return Rate.of(Math.round(value * trials), trials, denominator);
  }

  /** Value, interval, trials and bound, separated by blanks. */
  String toText() {
    return String.format(
        Locale.ROOT, "%.5f %.5f %.5f %d %s", value, low, high, trials, Double.toString(least));
  }

  static MiniFigure parse(String name, String text) {
    String[] f = text.trim().split(" ");
    Require.that(f.length == 5, "five numbers were expected, found \"" + text + "\"");
    return new MiniFigure(
        name,
        Double.parseDouble(f[0]),
        Double.parseDouble(f[1]),
        Double.parseDouble(f[2]),
        Long.parseLong(f[3]),
        Double.parseDouble(f[4]));
  }
}
