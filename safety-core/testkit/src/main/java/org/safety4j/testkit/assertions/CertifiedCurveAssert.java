package org.safety4j.testkit.assertions;

import org.assertj.core.api.AbstractAssert;
import org.safety4j.core.metric.CertifiedCurve;
import org.safety4j.core.metric.Rate;

/** Assertions about certified radii. */
public final class CertifiedCurveAssert
    extends AbstractAssert<CertifiedCurveAssert, CertifiedCurve> {
  CertifiedCurveAssert(CertifiedCurve actual) {
    super(actual, CertifiedCurveAssert.class);
  }

  /**
   * Verifies the share of samples that are classified correctly and certified at a radius.
   *
   * @param radius at least 0
   * @param bound in [0, 1]
   * @return this assertion
   */
  public CertifiedCurveAssert hasCertifiedAccuracyAtLeast(double radius, double bound) {
    isNotNull();
    Rate rate = actual.at(radius);
    if (Rates.isClearlyBelow(rate, bound)) {
      failWithMessage(
          "%s", Rates.text("certified accuracy at radius " + radius, rate, "below", bound));
    }
    return this;
  }
}
