package org.safety4j.defenses.engine.certify;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.tensor.Ops;

/**
 * Lower and upper bounds of every value of a layer.
 *
 * @param lower {@code [N, ...]}
 * @param upper the same shape, nowhere below
 */
public record Box(NDArray lower, NDArray upper) {
  /**
   * An Linf ball around images, cut to the pixels' range.
   *
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @param epsilon radius of each sample's ball, {@code [N, 1, 1, 1]}, at least 0
   * @return the box
   */
  public static Box linf(NDArray images, NDArray epsilon) {
    return new Box(Ops.clamp(images.sub(epsilon), 0, 1), Ops.clamp(images.add(epsilon), 0, 1));
  }

  /** The part of both boxes, which must hold the same value. */
  Box meet(Box other) {
    return new Box(lower.maximum(other.lower), upper.minimum(other.upper));
  }
}
