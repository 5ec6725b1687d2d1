package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;

/** Scores images; a higher score is more suspicious. Scores of a batch do not mix. */
@FunctionalInterface
public interface BatchScore {
  /**
   * Scores images.
   *
   * @param images float32 {@code [N, C, H, W]} in [0, 1]; stays the caller's
   * @return a finite score an image
   */
  double[] of(NDArray images);
}
