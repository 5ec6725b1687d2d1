package org.safety4j.core.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** Where a model takes its parameters from: a file, or randomness ({@link InitialParameters}). */
@FunctionalInterface
public interface ParameterSource {
  /**
   * Takes a parameter.
   *
   * @param name its name in the layout of Hugging Face
   * @param manager what owns the array
   * @param shape the shape that it must have
   * @return a new array, float32
   * @throws org.safety4j.core.error.InvalidModelFile if there is no such parameter or it has
   *     another shape
   */
  NDArray take(String name, NDManager manager, long... shape);
}
