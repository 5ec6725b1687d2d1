package org.safety4j.core.load;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/** Finds NaN and infinite values. */
final class Finite {
  private Finite() {}

  /**
   * Sums first: a finite sum proves finite terms, in one pass and without a mask the size of the
   * array.
   */
  static boolean holds(NDArray array) {
    boolean single = array.getDataType() == DataType.FLOAT32;
    if (!single && array.getDataType() != DataType.FLOAT64) {
      return true;
    }
    try (NDArray sum = array.sum()) {
      if (Double.isFinite(single ? sum.getFloat() : sum.getDouble())) {
        return true;
      }
    }
    try (NDArray nan = array.isNaN();
        NDArray infinite = array.isInfinite();
        NDArray bad = nan.logicalOr(infinite);
        NDArray any = bad.any()) {
      return !any.getBoolean();
    }
  }
}
