package org.safety4j.core.nn;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import org.safety4j.core.model.Trainable;

/**
 * A model whose parameters can be read and changed under the names that files hold: low-rank
 * adapters ({@link Lora}) are merged into it, and it can be saved.
 */
public interface HasParameters extends Trainable {
  /**
   * Returns the parameters with the names and shapes that files hold.
   *
   * @return live parameters, owned by the model
   */
  Parameters stored();

  @Override
  default Map<String, NDArray> parameters() {
    return stored().trainable();
  }

  @Override
  default Map<String, NDArray> buffers() {
    return stored().buffers();
  }
}
