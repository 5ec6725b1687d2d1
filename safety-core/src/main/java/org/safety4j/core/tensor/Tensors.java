package org.safety4j.core.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.tensor.torch.TorchEngine;

/** Makes managers and checks the shapes of arrays that come from outside. */
public final class Tensors {
  private Tensors() {}

  /**
   * Makes a manager on the engine's default device.
   *
   * @return a new manager, to be closed by the caller
   * @throws org.safety4j.core.error.NativeUnavailable if the PyTorch natives are missing
   */
  public static NDManager newManager() {
    return TorchEngine.newManager();
  }

  /**
   * Counts the arrays that are alive, for tests of leaks. Counted are arrays that hang on managers
   * made by this library; a loop that frees what it makes keeps the number flat.
   *
   * @return live arrays of the whole process
   */
  public static int liveArrays() {
    return TorchEngine.liveArrays();
  }

  /**
   * Checks that an array is a batch of images.
   *
   * @param images expected {@code [N, C, H, W]}, float32
   * @return the array
   * @throws IllegalArgumentException if it has another rank or type
   */
  public static NDArray requireImages(NDArray images) {
    Shape shape = images.getShape();
    if (shape.dimension() != 4 || images.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "images must be float32 [N, C, H, W] with values in [0, 1], were "
              + images.getDataType()
              + " "
              + shape);
    }
    return images;
  }

  /**
   * Returns the shape of one element of a batch.
   *
   * @param batch {@code [N, ...]}
   * @return the shape without its first axis
   */
  public static Shape elementShape(NDArray batch) {
    return batch.getShape().slice(1);
  }
}
