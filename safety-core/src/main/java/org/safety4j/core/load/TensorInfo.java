package org.safety4j.core.load;

import ai.djl.ndarray.types.Shape;

/**
 * What a file says about one of its tensors.
 *
 * @param name the tensor's name
 * @param type the type of its stored elements
 * @param shape its shape; a scalar has none of the dimensions
 */
public record TensorInfo(String name, StoredType type, Shape shape) {
  /**
   * Returns the size of the stored data.
   *
   * @return the size in bytes
   */
  public long byteSize() {
    return shape.size() * type.bytes();
  }
}
