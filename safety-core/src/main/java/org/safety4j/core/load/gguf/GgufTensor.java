package org.safety4j.core.load.gguf;

import ai.djl.ndarray.types.Shape;

/**
 * What a GGUF file says about one of its tensors.
 *
 * @param name its name
 * @param type how its numbers are stored
 * @param shape its shape, slowest axis first (the file has it the other way round)
 * @param offset where its data start, in bytes from the start of the file
 */
public record GgufTensor(String name, GgufType type, Shape shape, long offset) {
  /**
   * Returns the size of the stored data.
   *
   * @return the size in bytes
   */
  public long byteSize() {
    return type.bytes(shape.size());
  }
}
