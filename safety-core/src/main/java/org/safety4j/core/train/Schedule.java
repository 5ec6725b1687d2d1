package org.safety4j.core.train;

import org.safety4j.core.error.Require;

/** A learning rate over training. */
@FunctionalInterface
public interface Schedule {
  /**
   * Returns the rate of a step.
   *
   * @param step steps done before, from 0
   * @param steps steps in all
   * @return the learning rate
   */
  double rate(long step, long steps);

  /**
   * The same rate throughout.
   *
   * @param rate greater than 0
   * @return the schedule
   */
  static Schedule constant(double rate) {
    Require.positive("rate", rate);
    return (step, steps) -> rate;
  }

  /**
   * Rises linearly, then falls to zero along a cosine.
   *
   * @param peak the highest rate, greater than 0
   * @param warmup share of the steps that rise, in [0, 1)
   * @return the schedule
   */
  static Schedule cosine(double peak, double warmup) {
    Require.positive("peak", peak);
    Require.inRange("warmup", warmup, 0, Math.nextDown(1.0));
    return (step, steps) -> {
      double rise = warmup * steps;
      if (step < rise) {
        return peak * (step + 1) / Math.ceil(rise);
      }
      double done = (step - rise) / Math.max(1, steps - rise);
      return peak * 0.5 * (1 + Math.cos(Math.PI * done));
    };
  }

  /**
   * Rises linearly to a peak, then falls linearly to zero.
   *
   * @param peak the highest rate, greater than 0
   * @param peakAt share of the steps before the peak, in (0, 1)
   * @return the schedule
   */
  static Schedule triangle(double peak, double peakAt) {
    Require.positive("peak", peak);
    Require.inRange("peakAt", peakAt, Double.MIN_VALUE, Math.nextDown(1.0));
    return (step, steps) -> {
      double at = (step + 0.5) / steps;
      return peak * (at < peakAt ? at / peakAt : (1 - at) / (1 - peakAt));
    };
  }

  /**
   * Multiplies the rate at given shares of the steps.
   *
   * @param start the first rate, greater than 0
   * @param factor what it is multiplied by, in (0, 1]
   * @param at shares of the steps, rising, in (0, 1)
   * @return the schedule
   */
  static Schedule stepped(double start, double factor, double... at) {
    Require.positive("start", start);
    Require.inRange("factor", factor, Double.MIN_VALUE, 1);
    return (step, steps) -> {
      double rate = start;
      for (double share : at) {
        if (step >= share * steps) {
          rate *= factor;
        }
      }
      return rate;
    };
  }
}
