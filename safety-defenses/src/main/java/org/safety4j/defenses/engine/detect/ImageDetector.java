package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import org.safety4j.core.defense.Detector;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;

/**
 * A score of images with a threshold. Immutable; as safe for several threads as its score.
 *
 * @param info the method that the score belongs to
 * @param score the score
 * @param threshold scores above it are rejected; {@link Double#NaN} before calibration
 */
public record ImageDetector(MethodInfo info, BatchScore score, double threshold)
    implements Detector<NDArray> {
  /**
   * Makes a detector without threshold.
   *
   * @param info the method that the score belongs to
   * @param score the score
   */
  public ImageDetector(MethodInfo info, BatchScore score) {
    this(info, score, Double.NaN);
  }

  @Override
  public double[] score(NDArray batch) {
    return score.of(batch);
  }

  /**
   * Sets the threshold to the lowest benign score that leaves at most the given share above it.
   *
   * @throws IllegalArgumentException if the share is not in (0, 1) or there is no benign image
   */
  @Override
  public ImageDetector calibrated(NDArray benign, double falsePositiveRate) {
    return withThreshold(thresholdAt(score(benign), falsePositiveRate));
  }

  /**
   * Sets the threshold.
   *
   * @param value scores above it are rejected
   * @return a copy
   */
  public ImageDetector withThreshold(double value) {
    return new ImageDetector(info, score, value);
  }

  private static double thresholdAt(double[] benign, double falsePositiveRate) {
    Require.that(
        falsePositiveRate > 0 && falsePositiveRate < 1,
        "falsePositiveRate must be in (0, 1), was " + falsePositiveRate);
    Require.that(benign.length > 0, "benign must not be empty");
    double[] ascending = benign.clone();
    Arrays.sort(ascending);
    int allowed = (int) Math.floor(falsePositiveRate * ascending.length + 1e-9);
    return ascending[ascending.length - 1 - allowed];
  }
}
