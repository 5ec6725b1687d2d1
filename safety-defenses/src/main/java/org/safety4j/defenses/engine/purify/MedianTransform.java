package org.safety4j.defenses.engine.purify;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Ops;

/**
 * Replaces every pixel by the median of a square around it; of an even number of values by the
 * lower one of the middle two. Differentiable: the gradient goes to the chosen pixels.
 *
 * @param width side of the square, at least 1 and less than twice the image's sides
 */
public record MedianTransform(int width) implements ImageTransform {
  /**
   * Checks the range.
   *
   * @param width side of the square, at least 1 and less than twice the image's sides
   */
  public MedianTransform {
    Require.atLeast("width", width, 1);
  }

  @Override
  public NDArray apply(NDArray images) {
    long side = Math.min(images.getShape().get(2), images.getShape().get(3));
    Require.that(
        width / 2 < side,
        "width must be less than twice the image's sides, was " + width + " for " + side);
    return Ops.medianBlur(images, width);
  }

  @Override
  public boolean isDifferentiable() {
    return true;
  }
}
