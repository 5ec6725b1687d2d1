package org.safety4j.core.load;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.error.InvalidModelFile;

/**
 * Named tensors that a model is built from, wherever they are stored: one safetensors file, shards,
 * a resource.
 *
 * <p>Implementations may be read by several threads at once. The owner closes the source; arrays
 * that were read stay valid, since they own their memory.
 */
public interface TensorSource extends AutoCloseable {
  /**
   * Returns where the tensors come from, for messages.
   *
   * @return a path or another description
   */
  String origin();

  /**
   * Returns the names of all tensors, in the order of the file.
   *
   * @return the names, unmodifiable
   */
  Set<String> names();

  /**
   * Returns what is known of a tensor without reading it.
   *
   * @param name the tensor's name
   * @return its type and shape
   * @throws InvalidModelFile if there is no such tensor; the message lists near names
   */
  TensorInfo info(String name);

  /**
   * Returns the file's own annotations.
   *
   * @return keys and values, unmodifiable; empty if there are none
   */
  Map<String, String> metadata();

  /**
   * Reads a tensor into an array of its own. Half precision and 16-bit integers are widened, see
   * {@link StoredType}.
   *
   * @param name the tensor's name
   * @param manager what owns the array and names its device
   * @return the array
   * @throws InvalidModelFile if there is no such tensor, or its data are damaged
   */
  NDArray read(String name, NDManager manager);

  /**
   * Returns a tensor's bytes as they are stored.
   *
   * @param name the tensor's name
   * @return a read-only, little-endian view; valid while the source is open
   * @throws InvalidModelFile if there is no such tensor
   * @throws org.safety4j.core.error.UnsupportedModel if it is larger than a buffer can be (2 GiB)
   */
  ByteBuffer raw(String name);

  /**
   * Tells whether there is a tensor of this name.
   *
   * @param name the name
   * @return true if there is one
   */
  default boolean has(String name) {
    return names().contains(name);
  }

  /**
   * Reads a tensor that a model cannot do without, and checks it.
   *
   * @param name the tensor's name
   * @param manager what owns the array and names its device
   * @param shape the shape that it must have; -1 stands for any length
   * @return the array
   * @throws InvalidModelFile if the tensor is missing, has another shape, or holds NaN or infinite
   *     values
   */
  default NDArray require(String name, NDManager manager, long... shape) {
    requireShape(name, shape);
    NDArray array = read(name, manager);
    try {
      requireFinite(name, array);
    } catch (InvalidModelFile e) {
      array.close();
      throw e;
    }
    return array;
  }

  /**
   * Checks a tensor's shape without reading it.
   *
   * @param name the tensor's name
   * @param shape the shape that it must have; -1 stands for any length
   * @throws InvalidModelFile if the tensor is missing or has another shape
   */
  default void requireShape(String name, long... shape) {
    Shape found = info(name).shape();
    if (!matches(found, shape)) {
      throw new InvalidModelFile(
          origin()
              + ": tensor \""
              + name
              + "\" has shape "
              + found
              + ", the config asks for "
              + new Shape(shape));
    }
  }

  /**
   * Checks a tensor that was read.
   *
   * @param name the tensor's name
   * @param array what was read
   * @throws InvalidModelFile if it holds NaN or infinite values
   */
  default void requireFinite(String name, NDArray array) {
    if (!Finite.holds(array)) {
      throw new InvalidModelFile(
          origin() + ": tensor \"" + name + "\" holds NaN or infinite values; the file is damaged");
    }
  }

  @Override
  void close();

  private static boolean matches(Shape found, long... wanted) {
    if (found.dimension() != wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] != -1 && wanted[i] != found.get(i)) {
        return false;
      }
    }
    return true;
  }
}
