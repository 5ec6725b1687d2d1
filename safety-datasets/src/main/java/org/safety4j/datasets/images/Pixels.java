package org.safety4j.datasets.images;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Tensors;

/** Decoded pixels on their way from the Java heap to a {@link LabeledImages}. */
final class Pixels {
  private static final float WHITE = 255f;

  private final Shape shape;
  private final byte[] bytes;
  private final float[] floats;
  private final float full;

  private Pixels(Shape shape, byte[] bytes, float[] floats, float full) {
    this.shape = shape;
    this.bytes = bytes;
    this.floats = floats;
    this.full = full;
  }

  static Pixels unsignedBytes(int n, int channels, int height, int width, byte[] values) {
    return unsignedBytes(n, channels, height, width, values, WHITE);
  }

  /** Unsigned bytes of which {@code full} stands for 1. */
  static Pixels unsignedBytes(
      int n, int channels, int height, int width, byte[] values, float full) {
    return new Pixels(new Shape(n, channels, height, width), values, null, full);
  }

  /** Floats in [0,1]. */
  static Pixels floats(int n, int channels, int height, int width, float[] values) {
    return new Pixels(new Shape(n, channels, height, width), null, values, 1);
  }

  LabeledImages labelled(String name, int[] labels, List<String> classNames) {
    if (floats != null) {
      return LabeledImages.of(name, floats, shape.slice(1), labels, classNames);
    }
    try (NDManager manager = Tensors.newManager();
        NDArray stored = manager.create(ByteBuffer.wrap(bytes), shape, DataType.UINT8);
        NDArray scaled = Ops.float32(stored).divi(full)) {
      return LabeledImages.of(name, scaled, labels, classNames);
    }
  }
}
