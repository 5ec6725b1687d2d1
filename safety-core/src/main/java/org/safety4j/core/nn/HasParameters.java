package org.safety4j.core.nn;

import org.safety4j.core.model.Trainable;

/** A model whose parameters can be read and changed under the names that files hold. */
public interface HasParameters extends Trainable {
  /**
   * Returns the parameters with the names and shapes that files hold.
   *
   * @return live parameters, owned by the model
   */
  Parameters stored();
}
