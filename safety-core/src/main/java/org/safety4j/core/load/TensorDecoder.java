package org.safety4j.core.load;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import org.safety4j.core.error.InvalidModelFile;

/** Turns stored bytes into arrays, writing straight into the array's own memory. */
final class TensorDecoder {
  /** Elements copied at a time: below 2 GiB for every type. */
  private static final int PIECE = 1 << 27;

  /** Where a tensor's bytes are taken from, by offset within the tensor. */
  @FunctionalInterface
  interface Slices {
    ByteBuffer slice(long offset, int length);
  }

  private TensorDecoder() {}

  static NDArray read(String origin, TensorInfo info, Slices slices, NDManager manager) {
    return read(origin, info, slices, manager, PIECE);
  }

  static NDArray read(String origin, TensorInfo info, Slices slices, NDManager manager, int piece) {
    Device device = manager.getDevice();
    NDArray array = manager.create(info.shape(), info.type().inMemory(), Device.cpu());
    try {
      fill(origin, info, slices, array, piece);
    } catch (RuntimeException e) {
      array.close();
      throw e;
    }
    if (device.equals(Device.cpu())) {
      return array;
    }
    try (array) {
      return array.toDevice(device, true);
    }
  }

  private static void fill(
      String origin, TensorInfo info, Slices slices, NDArray array, int piece) {
    long size = info.shape().size();
    int width = info.type().bytes();
    if (size == 0) {
      return;
    }
    if (size <= piece) {
      copy(origin, info, slices.slice(0, (int) size * width), array.toByteBuffer(true));
      return;
    }
    try (NDArray flat = array.reshape(-1)) {
      for (long from = 0; from < size; from += piece) {
        long to = Math.min(size, from + piece);
        ByteBuffer source = slices.slice(from * width, (int) (to - from) * width);
        try (NDArray view = flat.get(from + ":" + to)) {
          copy(origin, info, source, view.toByteBuffer(true));
        }
      }
    }
  }

  private static void copy(String origin, TensorInfo info, ByteBuffer source, ByteBuffer target) {
    switch (info.type()) {
      case F32 -> target.asFloatBuffer().put(source.asFloatBuffer());
      case F64 -> target.asDoubleBuffer().put(source.asDoubleBuffer());
      case I64 -> target.asLongBuffer().put(source.asLongBuffer());
      case I32 -> target.asIntBuffer().put(source.asIntBuffer());
      case I8, U8 -> target.put(source);
      case BOOL -> copyFlags(origin, info, source, target);
      case F16, BF16 ->
          widen(source.asShortBuffer(), target.asFloatBuffer(), info.type() == StoredType.F16);
      case I16 -> widen(source.asShortBuffer(), target.asIntBuffer());
    }
  }

  private static void copyFlags(
      String origin, TensorInfo info, ByteBuffer source, ByteBuffer target) {
    while (source.hasRemaining()) {
      byte value = source.get();
      if (value != 0 && value != 1) {
        throw new InvalidModelFile(
            origin
                + ": tensor \""
                + info.name()
                + "\" is BOOL but holds the byte "
                + (value & 0xff));
      }
      target.put(value);
    }
  }

  private static void widen(ShortBuffer source, FloatBuffer target, boolean half) {
    float[] chunk = new float[Math.min(source.remaining(), 8_192)];
    while (source.hasRemaining()) {
      int n = Math.min(chunk.length, source.remaining());
      if (half) {
        for (int i = 0; i < n; i++) {
          chunk[i] = Halves.fromF16(source.get());
        }
      } else {
        for (int i = 0; i < n; i++) {
          chunk[i] = Halves.fromBf16(source.get());
        }
      }
      target.put(chunk, 0, n);
    }
  }

  private static void widen(ShortBuffer source, IntBuffer target) {
    while (source.hasRemaining()) {
      target.put(source.get());
    }
  }
}
