package org.safety4j.testkit.assertions;

import java.util.Locale;
import org.safety4j.core.error.Require;
import org.safety4j.core.metric.Rate;

/** Compares rates with bounds through their intervals. */
final class Rates {
  private Rates() {}

  static boolean isClearlyBelow(Rate rate, double bound) {
    Require.inRange("bound", bound, 0, 1);
    requireTrials(rate);
    return rate.interval().upper() < bound;
  }

  static boolean isClearlyAbove(Rate rate, double bound) {
    Require.inRange("bound", bound, 0, 1);
    requireTrials(rate);
    return rate.interval().lower() > bound;
  }

  private static void requireTrials(Rate rate) {
    if (rate.trials() == 0) {
      throw new AssertionError(
          "no evidence: the rate has 0 " + rate.denominator() + "; give samples that count");
    }
  }

  static String text(String what, Rate rate, String relation, double bound) {
    return String.format(
        Locale.ROOT, "%s is %s, which is clearly %s %.3f", what, rate, relation, bound);
  }
}
