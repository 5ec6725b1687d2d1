package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;

/** How unusual a layer's activations are; a higher value is more suspicious. Rows do not mix. */
public interface FeatureStatistic {
  /**
   * Computes the statistic, as part of the graph if one is recorded.
   *
   * @param features activations, {@code [N, D]}
   * @return float64 {@code [N]}
   */
  NDArray of(NDArray features);
}
