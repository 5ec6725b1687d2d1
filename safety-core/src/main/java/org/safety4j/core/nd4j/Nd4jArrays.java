package org.safety4j.core.nd4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.safety4j.core.error.NativeUnavailable;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.GradMode;

/**
 * Moves float32 arrays between DJL and ND4J, by copy or as views of the same memory.
 *
 * <p>A view shares memory both ways: a write through one shows in the other. It is valid only while
 * the array that it views is open and reachable; keep a reference to it. Views need float32 on the
 * CPU, contiguous in C order, smaller than 2 GiB.
 */
public final class Nd4jArrays {
  private Nd4jArrays() {}

  /**
   * Views a DJL array as an ND4J array.
   *
   * @param array float32 on the CPU; keep it open as long as the view is used
   * @return an array on the same memory
   * @throws IllegalArgumentException if type or device do not allow a view
   */
  public static INDArray view(NDArray array) {
    requireFloat(array);
    FloatBuffer memory = array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
    Require.that(memory.isDirect(), "a view needs a contiguous CPU array; copy this one instead");
    long[] shape = array.getShape().getShape();
    DataBuffer buffer =
        Nd4j.createBuffer(
            new FloatPointer(memory), array.size(), org.nd4j.linalg.api.buffer.DataType.FLOAT);
    return Nd4j.create(buffer, shape, Nd4j.getStrides(shape, 'c'), 0, 'c');
  }

  /**
   * Views an ND4J array as a DJL array.
   *
   * @param manager where the view hangs; must be on the CPU
   * @param array float32, contiguous in C order; keep it reachable as long as the view is used
   * @return an array on the same memory
   * @throws IllegalArgumentException if type, order or strides do not allow a view
   */
  public static NDArray view(NDManager manager, INDArray array) {
    Require.that(
        array.dataType() == org.nd4j.linalg.api.buffer.DataType.FLOAT,
        "a view needs FLOAT, was " + array.dataType());
    Require.that(
        array.ordering() == 'c' && !array.isView() && array.offset() == 0,
        "a view needs an array that is contiguous in C order; use dup('c') first");
    BytePointer address = new BytePointer(array.data().addressPointer());
    ByteBuffer memory =
        address
            .capacity(array.length() * Float.BYTES)
            .asByteBuffer()
            .order(ByteOrder.nativeOrder());
    try (GradMode mode = GradMode.off()) { // while recording, it would get memory of its own
      return manager.create(memory, new Shape(array.shape()), DataType.FLOAT32);
    }
  }

  /**
   * Copies a DJL array.
   *
   * @param array float32
   * @return an ND4J array with memory of its own
   */
  public static INDArray copy(NDArray array) {
    requireFloat(array);
    return Nd4j.create(array.toFloatArray(), array.getShape().getShape(), 'c');
  }

  /**
   * Copies an ND4J array.
   *
   * @param manager where the copy hangs
   * @param array of any float type and order
   * @return a float32 array with memory of its own
   */
  public static NDArray copy(NDManager manager, INDArray array) {
    INDArray ordered = array.dup('c');
    return manager.create(
        ordered.data().asFloat(), new Shape(ordered.rank() == 0 ? new long[0] : ordered.shape()));
  }

  private static void requireFloat(NDArray array) {
    Require.that(
        array.getDataType() == DataType.FLOAT32,
        "array must be float32, was " + array.getDataType());
  }

  /**
   * Starts ND4J.
   *
   * @throws NativeUnavailable if it is not on the class path; the message names the artifact
   */
  static void start() {
    try {
      Class.forName("org.nd4j.linalg.factory.Nd4j");
    } catch (ClassNotFoundException | LinkageError e) {
      throw new NativeUnavailable(
          "ND4J did not start ("
              + e
              + "); add org.nd4j:nd4j-native:1.0.0-M2.1 and the same with the classifier of this platform",
          e);
    }
  }
}
