package org.safety4j.defenses.engine.purify;

import ai.djl.ndarray.NDArray;

/**
 * Transforms images before inference. What is not differentiable offers a stand-in whose gradient
 * attacks may use instead: backward pass differentiable approximation.
 */
@FunctionalInterface
public interface ImageTransform {
  /**
   * Transforms images.
   *
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @return the transformed images, in the same shape and range
   */
  NDArray apply(NDArray images);

  /**
   * Computes the stand-in whose gradient replaces the transformation's. By default the identity,
   * that is, the straight-through gradient.
   *
   * @param images float32 {@code [N, C, H, W]}, a leaf of a graph
   * @return images of the same shape, part of the graph
   */
  default NDArray standIn(NDArray images) {
    return isDifferentiable() ? apply(images) : images;
  }

  /**
   * Tells whether {@link #apply} records a graph with its own, useful gradient.
   *
   * @return false by default
   */
  default boolean isDifferentiable() {
    return false;
  }
}
