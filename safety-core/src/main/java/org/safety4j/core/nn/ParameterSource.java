package org.safety4j.core.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.error.UnsupportedModel;

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

  /**
   * Takes parameters joined along their first axis. The default takes one after the other and joins
   * them, which needs the memory twice; a source that can read into memory that is there already
   * should override this.
   *
   * @param rows how many rows each has, in order
   * @param manager where the array is created
   * @param rest the other axes, the same for all
   * @return a new array, float32
   * @throws org.safety4j.core.error.InvalidModelFile if one is missing or has another shape
   * @throws UnsupportedModel if one is not float32
   */
  default NDArray takeJoined(Map<String, Integer> rows, NDManager manager, long... rest) {
    try (NDList parts = new NDList()) {
      rows.forEach(
          (name, n) -> {
            NDArray part = take(name, manager, new Shape(n).addAll(new Shape(rest)).getShape());
            parts.add(part);
            requireSingle(name, part);
          });
      return NDArrays.concat(parts, 0);
    }
  }

  /**
   * Refuses what is not float32.
   *
   * @param name the parameter's name
   * @param array the parameter
   * @throws UnsupportedModel if it is of another type
   */
  static void requireSingle(String name, NDArray array) {
    if (array.getDataType() != DataType.FLOAT32) {
      throw new UnsupportedModel(
          "tensor \""
              + name
              + "\" is "
              + array.getDataType()
              + "; parameters must be stored as F32, F16 or BF16");
    }
  }
}
