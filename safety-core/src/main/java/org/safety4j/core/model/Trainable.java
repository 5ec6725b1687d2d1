package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * A model whose weights can be trained. The maps are in a fixed order and hold the live arrays: an
 * optimiser that changes them changes the model.
 */
public interface Trainable {
  /**
   * Returns what gradient descent changes.
   *
   * @return name to array, in a fixed order; owned by the model
   */
  Map<String, NDArray> parameters();

  /**
   * Returns what training changes in other ways, such as running statistics.
   *
   * @return name to array, in a fixed order; owned by the model
   */
  Map<String, NDArray> buffers();
}
