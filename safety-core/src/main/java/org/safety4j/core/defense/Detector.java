package org.safety4j.core.defense;

import org.safety4j.core.method.Method;

/**
 * Scores inputs; a higher score is more suspicious. Usable alone or inside a shield.
 *
 * @param <X> what it looks at
 */
public interface Detector<X> extends Method {
  /**
   * Scores a batch.
   *
   * @param batch what to look at; stays the caller's
   * @return a score a sample
   */
  double[] score(X batch);

  /**
   * Returns the score above which an input is rejected.
   *
   * @return the threshold; {@link Double#NaN} before calibration
   */
  double threshold();

  /**
   * Sets the threshold so that at most a share of benign inputs is rejected.
   *
   * @param benign benign inputs; stays the caller's
   * @param falsePositiveRate the share, in (0, 1)
   * @return a calibrated copy
   */
  Detector<X> calibrated(X benign, double falsePositiveRate);

  /**
   * Applies the threshold.
   *
   * @param batch what to look at
   * @return whether each sample is rejected
   * @throws IllegalStateException if the detector is not calibrated
   */
  default boolean[] detect(X batch) {
    double threshold = threshold();
    if (Double.isNaN(threshold)) {
      throw new IllegalStateException(
          info().id() + " has no threshold; call calibrated(benign, falsePositiveRate) first");
    }
    double[] scores = score(batch);
    boolean[] rejected = new boolean[scores.length];
    for (int i = 0; i < scores.length; i++) {
      rejected[i] = scores[i] > threshold;
    }
    return rejected;
  }

  /**
   * A detector whose scores have a known distribution where there is nothing to detect.
   *
   * @param <X> what it looks at
   */
  interface Exact<X> extends Detector<X> {
    /**
     * Computes exact p-values.
     *
     * @param batch what to look at
     * @return the probability of such a score or a higher one under the null, a sample
     */
    double[] pValue(X batch);
  }
}
