package org.safety4j.defenses.engine.smooth;

import ai.djl.ndarray.NDArray;

/**
 * Draws random copies of images. A copy depends on the call's number and its own number, never on
 * how the work is cut into batches.
 */
public interface RandomCopies {
  /**
   * Returns how many copies there are of an image.
   *
   * @return at least 1
   */
  int count();

  /**
   * Draws some copies of every image.
   *
   * @param images float32 {@code [N, C, H, W]}
   * @param call number of the call; the same number draws the same randomness
   * @param from the first copy's number, at least 0
   * @param to one more than the last copy's number, at most {@link #count()}
   * @return {@code [N * (to - from), C, H, W]}, image after image; part of the graph if one is
   *     recorded
   */
  NDArray draw(NDArray images, long call, int from, int to);
}
