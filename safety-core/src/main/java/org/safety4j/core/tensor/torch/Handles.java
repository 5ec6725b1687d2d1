package org.safety4j.core.tensor.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.function.Supplier;

/** Keeps long-lived arrays out of the scopes that happen to be open when they are made. */
final class Handles {
  private Handles() {}

  static NDArray outsideScopes(Supplier<NDArray> make) {
    NDArray array = make.get();
    NDScope.unregister(array);
    return array;
  }
}
