package org.safety4j.core.metric;

import org.safety4j.core.error.Require;

/**
 * How often a judge (a model or a rule that decides whether an attack succeeded) is wrong, measured
 * on labelled cases; it turns a judged rate into an estimate of the true one.
 *
 * <p><b>Source</b>: W. J. Rogan and B. Gladen, "Estimating Prevalence from the Results of a
 * Screening Test", American Journal of Epidemiology, 1978; the interval, which carries the judge's
 * own uncertainty: Z. Lang and J. Reiczigel, "Confidence Limits for Prevalence of Disease Adjusted
 * for Estimated Sensitivity and Specificity", Preventive Veterinary Medicine, 2014.
 *
 * @param sensitivity the rate of true successes that the judge calls successes
 * @param specificity the rate of true failures that the judge calls failures
 */
public record JudgeError(Rate sensitivity, Rate specificity) {
  /**
   * Checks that the judge is better than chance.
   *
   * @param sensitivity the rate of true successes that the judge calls successes
   * @param specificity the rate of true failures that the judge calls failures
   * @throws IllegalArgumentException if sensitivity plus specificity is at most 1, or one of them
   *     was measured on no case: no rate can be recovered from such a judge
   */
  public JudgeError {
    Require.that(
        sensitivity.value() + specificity.value() > 1,
        "sensitivity plus specificity must exceed 1, were "
            + sensitivity.value()
            + " and "
            + specificity.value()
            + "; a judge no better than chance cannot be corrected for");
  }

  /**
   * The point estimate of the true rate.
   *
   * @param judged the judged rate, in [0, 1]
   * @return the corrected rate, cut to [0, 1]
   */
  public double correct(double judged) {
    Require.inRange("judged", judged, 0, 1);
    double sp = specificity.value();
    double corrected = (judged + sp - 1) / (sensitivity.value() + sp - 1);
    return Math.min(1, Math.max(0, corrected));
  }

  /**
   * The estimate of the true rate with an interval that holds the sampling error of the judged rate
   * and of the judge's sensitivity and specificity.
   *
   * @param judged the judged rate, over at least one trial
   * @param level the confidence level, in (0, 1)
   * @return the corrected rate and its interval, within [0, 1]
   * @throws IllegalArgumentException if nothing was judged
   */
  public Estimate correct(Rate judged, double level) {
    Require.that(judged.trials() > 0, "judged must have trials, was " + judged);
    double z = Intervals.quantile(level);
    double n = judged.trials() + z * z;
    double p = (judged.successes() + z * z / 2) / n;
    double nSe = sensitivity.trials() + 2;
    double se = (sensitivity.successes() + 1) / nSe;
    double nSp = specificity.trials() + 2;
    double sp = (specificity.successes() + 1) / nSp;
    double youden = se + sp - 1;
    if (youden <= 0) {
      return new Estimate(correct(judged.value()), new Interval(0, 1, level));
    }
    double centre = (p + sp - 1) / youden;
    double seVariance = se * (1 - se) / nSe;
    double spVariance = sp * (1 - sp) / nSp;
    double shift = 2 * z * z * (centre * seVariance - (1 - centre) * spVariance);
    double deviation =
        Math.sqrt(
                p * (1 - p) / n
                    + centre * centre * seVariance
                    + (1 - centre) * (1 - centre) * spVariance)
            / youden;
    Interval interval =
        new Interval(centre + shift - z * deviation, centre + shift + z * deviation, level);
    return new Estimate(correct(judged.value()), interval.clampedTo(0, 1));
  }
}
