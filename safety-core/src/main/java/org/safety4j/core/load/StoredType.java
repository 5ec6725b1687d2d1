package org.safety4j.core.load;

import ai.djl.ndarray.types.DataType;

/**
 * Element types of stored tensors and what they become in memory. Types that the engine cannot hold
 * (BF16, I16) and half precision are widened on reading, without loss.
 */
public enum StoredType {
  /** IEEE double precision. */
  F64(8, DataType.FLOAT64),
  /** IEEE single precision. */
  F32(4, DataType.FLOAT32),
  /** IEEE half precision; read as float32. */
  F16(2, DataType.FLOAT32),
  /** Brain float: the upper half of a float32; read as float32. */
  BF16(2, DataType.FLOAT32),
  /** Signed 64-bit integer. */
  I64(8, DataType.INT64),
  /** Signed 32-bit integer. */
  I32(4, DataType.INT32),
  /** Signed 16-bit integer; read as int32. */
  I16(2, DataType.INT32),
  /** Signed 8-bit integer. */
  I8(1, DataType.INT8),
  /** Unsigned 8-bit integer. */
  U8(1, DataType.UINT8),
  /** One byte an element, 0 or 1. */
  BOOL(1, DataType.BOOLEAN);

  private final int bytes;
  private final DataType inMemory;

  StoredType(int bytes, DataType inMemory) {
    this.bytes = bytes;
    this.inMemory = inMemory;
  }

  /**
   * Returns the size of one stored element.
   *
   * @return the size in bytes
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Returns the type that a tensor of this type has once read.
   *
   * @return the type in memory
   */
  public DataType inMemory() {
    return inMemory;
  }

  /**
   * Tells whether elements are floating-point numbers.
   *
   * @return true for F64, F32, F16 and BF16
   */
  public boolean isFloating() {
    return inMemory == DataType.FLOAT32 || inMemory == DataType.FLOAT64;
  }
}
