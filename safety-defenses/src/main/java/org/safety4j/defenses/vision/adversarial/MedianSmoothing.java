package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.tensor.Rng;
import org.safety4j.defenses.engine.purify.ImageTransform;
import org.safety4j.defenses.engine.purify.MedianTransform;
import org.safety4j.defenses.engine.purify.TransformShield;

/**
 * Replaces every pixel by the median of a square around it before images are classified. Its
 * gradient is its own.
 *
 * <p><b>Source</b>: W. Xu, D. Evans and Y. Qi, "Feature Squeezing: Detecting Adversarial Examples
 * in Deep Neural Networks", Network and Distributed System Security Symposium, 2018.
 *
 * <p><b>Deviations</b>: of an even number of values the lower middle one is taken; borders are
 * reflected without repeating the outermost pixel.
 *
 * @param filter the square
 */
public record MedianSmoothing(MedianTransform filter) implements TransformShield {
  /**
   * Sets the square.
   *
   * @param side its side, at least 1; 2 or 3 in the paper
   * @return the defense
   */
  public static MedianSmoothing width(int side) {
    return new MedianSmoothing(new MedianTransform(side));
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.MEDIAN_SMOOTHING;
  }

  @Override
  public ImageTransform transform(Rng rng) {
    return filter;
  }
}
