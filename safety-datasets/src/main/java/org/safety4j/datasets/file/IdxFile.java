package org.safety4j.datasets.file;

import java.nio.file.Path;
import java.util.Arrays;
import org.safety4j.core.error.InvalidDataFile;

/**
 * An IDX file of unsigned bytes, the format of MNIST and its relatives, plain or gzipped.
 *
 * <p>Form: two zero bytes, a type byte (0x08 for unsigned bytes), the number of dimensions, each
 * dimension as a big-endian 32-bit integer, then the values in row-major order. Of the format's
 * value types only unsigned bytes are read.
 */
public final class IdxFile {
  private static final int UNSIGNED_BYTE = 0x08;
  private static final int MAX_RANK = 8;

  private final int[] shape;
  private final byte[] values;

  private IdxFile(int[] shape, byte[] values) {
    this.shape = shape;
    this.values = values;
  }

  /**
   * Reads a file.
   *
   * @param file the file, plain or gzipped
   * @param limits bounds on bytes and on the first dimension
   * @return its content
   * @throws InvalidDataFile if it is absent, truncated, too long, beyond a limit, or not an IDX
   *     file of unsigned bytes
   */
  public static IdxFile read(Path file, ReadLimits limits) {
    try (BoundedInput in = BoundedInput.open(file, limits)) {
      int magic = in.bigEndianInt("the magic number");
      int type = magic >>> 8;
      int rank = magic & 0xff;
      if (type != UNSIGNED_BYTE) {
        throw in.error(
            String.format(
                "magic number 0x%08x is not that of an IDX file of unsigned bytes (0x000008nn);"
                    + " other value types are not read",
                magic));
      }
      if (rank < 1 || rank > MAX_RANK) {
        throw in.error("an IDX file has 1 to " + MAX_RANK + " dimensions, this one claims " + rank);
      }
      int[] shape = new int[rank];
      long count = 1;
      for (int i = 0; i < rank; i++) {
        shape[i] = in.bigEndianInt("dimension " + i);
        if (shape[i] < 1) {
          throw in.error("dimension " + i + " must be at least 1, was " + shape[i]);
        }
        count = saturatedProduct(count, shape[i]);
      }
      if (shape[0] > limits.maxItems()) {
        throw in.error(
            shape[0]
                + " items are more than the limit of "
                + limits.maxItems()
                + "; raise ReadLimits.maxItems if the file is to be trusted");
      }
      byte[] values = in.bytes(count, "the values of shape " + Arrays.toString(shape));
      in.expectEnd("the values of shape " + Arrays.toString(shape));
      return new IdxFile(shape, values);
    }
  }

  /**
   * Tells the dimensions.
   *
   * @return a copy of the dimensions
   */
  public int[] shape() {
    return shape.clone();
  }

  /**
   * Gives the values in row-major order; unsigned bytes stored in Java's signed ones.
   *
   * @return the array itself, not a copy
   */
  public byte[] values() {
    return values;
  }

  private static long saturatedProduct(long a, long b) {
    long high = Math.multiplyHigh(a, b);
    long low = a * b;
    return high != 0 || low < 0 ? Long.MAX_VALUE : low;
  }
}
