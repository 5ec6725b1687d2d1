package org.safety4j.bench.stats;

import java.util.Locale;
import org.safety4j.core.metric.Interval;
import org.safety4j.core.metric.Intervals;
import org.safety4j.core.metric.Rate;

/**
 * A share of images, averaged over seeds and draws, with a 95 % interval that counts each image
 * once however often it was tried.
 *
 * @param value the share; NaN where the denominator is empty
 * @param interval its 95 % Wilson interval
 * @param trials the denominator: how many images
 * @param denominator what the images are, in the plural
 * @param repeats over how many cells (seeds and draws) the share is averaged
 */
public record Figure(
    double value, Interval interval, long trials, String denominator, int repeats) {
  /**
   * A figure from an average.
   *
   * @param value the share; NaN where the denominator is empty
   * @param trials how many images
   * @param denominator what the images are
   * @param repeats over how many cells the share is averaged
   * @return the figure with its interval
   */
  public static Figure of(double value, long trials, String denominator, int repeats) {
    double share = Double.isNaN(value) ? 0 : Math.min(1, Math.max(0, value));
    Interval interval =
        Intervals.wilsonOfShare(share, Double.isNaN(value) ? 0 : trials, Rate.LEVEL);
    return new Figure(value, interval, trials, denominator, repeats);
  }

  /** The value, its interval and its denominator. */
  @Override
  public String toString() {
    if (Double.isNaN(value)) {
      return "undefined (0 " + denominator + ")";
    }
    String text =
        String.format(Locale.ROOT, "%.3f %s of %d %s", value, interval, trials, denominator);
    return repeats == 1 ? text : text + ", mean of " + repeats + " runs";
  }
}
