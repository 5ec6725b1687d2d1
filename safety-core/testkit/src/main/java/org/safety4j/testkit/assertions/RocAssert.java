package org.safety4j.testkit.assertions;

import org.assertj.core.api.AbstractAssert;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.metric.Roc;

/** Assertions about a detector's scores. */
public final class RocAssert extends AbstractAssert<RocAssert, Roc> {
  RocAssert(Roc actual) {
    super(actual, RocAssert.class);
  }

  /**
   * Verifies the detection rate at a false-positive rate.
   *
   * @param falsePositiveRate in (0, 1)
   * @param bound in [0, 1]
   * @return this assertion
   */
  public RocAssert hasDetectionRateAtLeast(double falsePositiveRate, double bound) {
    isNotNull();
    Rate rate = actual.truePositivesAt(falsePositiveRate);
    if (Rates.isClearlyBelow(rate, bound)) {
      failWithMessage(
          "%s",
          Rates.text(
              "detection rate at " + falsePositiveRate + " false positives", rate, "below", bound));
    }
    return this;
  }
}
