package org.safety4j.core.metric;

import java.util.Arrays;
import org.safety4j.core.error.Require;

/**
 * Certified accuracy as a function of the radius: the share of all samples that are classified
 * correctly and certified at least that far. Abstentions count as failures. Immutable.
 *
 * <p><b>Source</b>: J. Cohen, E. Rosenfeld and J. Z. Kolter, "Certified Adversarial Robustness via
 * Randomized Smoothing", International Conference on Machine Learning, 2019.
 */
public final class CertifiedCurve {
  private final double[] radii;
  private final int samples;
  private final String denominator;

  private CertifiedCurve(double[] radii, int samples, String denominator) {
    this.radii = radii;
    this.samples = samples;
    this.denominator = denominator;
  }

  /**
   * A curve from one certificate a sample.
   *
   * @param radii certified radii in the certificate's norm; 0, negative or NaN for abstentions
   * @param correct whether the certified class is the true one
   * @param denominator what the samples are, in the plural
   * @return the curve
   * @throws IllegalArgumentException if lengths differ
   */
  public static CertifiedCurve of(double[] radii, boolean[] correct, String denominator) {
    Require.that(
        radii.length == correct.length,
        "radii and correct must be of one length, were " + radii.length + " and " + correct.length);
    double[] kept = new double[radii.length];
    int count = 0;
    for (int i = 0; i < radii.length; i++) {
      if (correct[i] && radii[i] > 0) {
        kept[count++] = radii[i];
      }
    }
    double[] ascending = Arrays.copyOf(kept, count);
    Arrays.sort(ascending);
    return new CertifiedCurve(ascending, radii.length, denominator);
  }

  /**
   * Certified accuracy at a radius.
   *
   * @param radius the radius, at least 0
   * @return the rate of samples certified at least that far and correctly
   * @throws IllegalArgumentException if the radius is negative or NaN
   */
  public Rate at(double radius) {
    Require.that(radius >= 0, "radius must be at least 0, was " + radius);
    int shorter = 0;
    while (shorter < radii.length && radii[shorter] < radius) {
      shorter++;
    }
    return Rate.of(radii.length - shorter, samples, denominator);
  }

  /**
   * The average certified radius, where samples without a correct certificate count as 0.
   *
   * @return the mean; NaN without samples
   */
  public double meanRadius() {
    return samples == 0 ? Double.NaN : Arrays.stream(radii).sum() / samples;
  }

  /**
   * The radii at which the curve falls.
   *
   * @return the correct certificates' radii, ascending
   */
  public double[] radii() {
    return radii.clone();
  }
}
