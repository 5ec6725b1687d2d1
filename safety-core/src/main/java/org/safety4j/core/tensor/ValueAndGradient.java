package org.safety4j.core.tensor;

import ai.djl.ndarray.NDArray;

/**
 * A function's value at a point and its gradient there.
 *
 * @param value the value, one a sample {@code [N]} or a scalar
 * @param gradient the gradient of the values' sum, in the point's shape
 */
public record ValueAndGradient(NDArray value, NDArray gradient) implements AutoCloseable {
  /** Frees both arrays. */
  @Override
  public void close() {
    value.close();
    gradient.close();
  }
}
