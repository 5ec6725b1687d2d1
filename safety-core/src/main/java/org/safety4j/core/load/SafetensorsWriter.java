package org.safety4j.core.load;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.safety4j.core.error.Require;

/**
 * Writes arrays to a safetensors file, all or nothing: data go to a temporary file beside the
 * target, are forced to disk, and replace the target in one step. The same arrays give the same
 * bytes.
 *
 * <p>Example: {@code new SafetensorsWriter().put("w", w).put("small", s,
 * StoredType.F16).write(file)}. Arrays are borrowed until {@link #write} returns. Not thread-safe.
 */
public final class SafetensorsWriter {
  private static final int PIECE = 1 << 22;

  private record Item(String name, NDArray array, StoredType type) {
    long bytes() {
      return array.size() * type.bytes();
    }
  }

  private final Map<String, Item> items = new TreeMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  /** Makes a writer that has nothing to write yet. */
  public SafetensorsWriter() {
    metadata.put("format", "pt");
  }

  /**
   * Adds an annotation. {@code format = pt} is there from the start, since other readers ask for
   * it.
   *
   * @param key the annotation's name
   * @param value its text
   * @return this writer
   */
  public SafetensorsWriter annotate(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds an array under its own type.
   *
   * @param name the tensor's name; not empty, not {@code __metadata__}
   * @param array the array: float64, float32, int64, int32, int8, uint8 or boolean
   * @return this writer
   * @throws IllegalArgumentException if the name is taken or not allowed, or the type cannot be
   *     written
   */
  public SafetensorsWriter put(String name, NDArray array) {
    for (StoredType type : StoredType.values()) {
      if (type.inMemory() == array.getDataType()
          && type.bytes() == array.getDataType().getNumOfBytes()) {
        return put(name, array, type);
      }
    }
    throw new IllegalArgumentException(
        "tensor \""
            + name
            + "\" has type "
            + array.getDataType()
            + ", which cannot be written; cast it first");
  }

  /**
   * Adds an array under a narrower type. Floats are rounded to nearest, ties to even; what is too
   * large for F16 becomes infinite.
   *
   * @param name the tensor's name; not empty, not {@code __metadata__}
   * @param array the array
   * @param type how to store it: its own type, or F16 or BF16 for a float32 array
   * @return this writer
   * @throws IllegalArgumentException if the name is taken or not allowed, or the type cannot hold
   *     the array
   */
  public SafetensorsWriter put(String name, NDArray array, StoredType type) {
    Require.that(
        !name.isEmpty() && !name.equals(SafetensorsHeader.METADATA),
        "name must not be empty or " + SafetensorsHeader.METADATA + ", was \"" + name + "\"");
    Require.that(
        type != StoredType.I16 && type.inMemory() == array.getDataType(),
        "tensor \""
            + name
            + "\" has type "
            + array.getDataType()
            + ", which cannot be stored as "
            + type);
    Require.that(
        array.getShape().dimension() <= SafetensorsHeader.MAX_RANK,
        "tensor \"" + name + "\" has more than " + SafetensorsHeader.MAX_RANK + " dimensions");
    Require.that(
        items.put(name, new Item(name, array, type)) == null,
        "tensor \"" + name + "\" was put twice");
    return this;
  }

  /**
   * Writes the file and forces it to disk.
   *
   * @param file the file to create or replace; its folder must exist
   * @throws UncheckedIOException if it cannot be written; a file that stood there before is then
   *     unharmed
   */
  public void write(Path file) {
    AtomicFile.write(file, this::writeTo);
  }

  /**
   * Encodes the file in memory.
   *
   * @return its bytes
   * @throws IllegalArgumentException if they would exceed 2 GiB
   */
  public byte[] toBytes() {
    byte[] header = header(ordered());
    long size = header.length + ordered().stream().mapToLong(Item::bytes).sum();
    Require.that(
        size <= Integer.MAX_VALUE - 8,
        "the file would have " + size + " bytes; write it to disk instead");
    ByteBuffer bytes = ByteBuffer.allocate((int) size).put(header);
    try {
      for (Item item : ordered()) {
        encode(item, bytes::put);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the file cannot be encoded", e);
    }
    return bytes.array();
  }

  private void writeTo(FileChannel channel) throws IOException {
    List<Item> order = ordered();
    AtomicFile.writeFully(channel, ByteBuffer.wrap(header(order)));
    for (Item item : order) {
      encode(item, piece -> AtomicFile.writeFully(channel, piece));
    }
  }

  /** Wide elements first keeps each tensor aligned to its element size. */
  private List<Item> ordered() {
    List<Item> order = new ArrayList<>(items.values());
    order.sort(Comparator.comparingInt((Item i) -> -i.type.bytes()));
    return order;
  }

  private byte[] header(List<Item> order) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator out = Json.FACTORY.createGenerator(json)) {
      out.writeStartObject();
      out.writeObjectFieldStart(SafetensorsHeader.METADATA);
      for (Map.Entry<String, String> entry : metadata.entrySet()) {
        out.writeStringField(entry.getKey(), entry.getValue());
      }
      out.writeEndObject();
      long offset = 0;
      for (Item item : order) {
        out.writeObjectFieldStart(item.name);
        out.writeStringField("dtype", item.type.name());
        out.writeFieldName("shape");
        Shape shape = item.array.getShape();
        out.writeArray(shape.getShape(), 0, shape.dimension());
        out.writeFieldName("data_offsets");
        out.writeArray(new long[] {offset, offset + item.bytes()}, 0, 2);
        out.writeEndObject();
        offset += item.bytes();
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("the header cannot be encoded", e);
    }
    while (json.size() % 8 != 0) {
      json.write(' ');
    }
    return ByteBuffer.allocate(8 + json.size())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.size())
        .put(json.toByteArray())
        .array();
  }

  /** Takes encoded pieces. */
  @FunctionalInterface
  private interface Sink {
    void accept(ByteBuffer piece) throws IOException;
  }

  private static void encode(Item item, Sink sink) throws IOException {
    long size = item.array.size();
    if (size == 0) {
      return;
    }
    NDArray host =
        item.array.getDevice().equals(Device.cpu())
            ? item.array
            : item.array.toDevice(Device.cpu(), false);
    try (NDArray flat = host.reshape(-1)) {
      for (long from = 0; from < size; from += PIECE) {
        long to = Math.min(size, from + PIECE);
        try (NDArray view = flat.get(from + ":" + to)) {
          sink.accept(encode(view.toByteBuffer(true), item));
        }
      }
    } finally {
      if (host != item.array) {
        host.close();
      }
    }
  }

  private static ByteBuffer encode(ByteBuffer source, Item item) {
    int elements = source.remaining() / item.array.getDataType().getNumOfBytes();
    ByteBuffer target =
        ByteBuffer.allocate(elements * item.type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    switch (item.type) {
      case F32 -> target.asFloatBuffer().put(source.asFloatBuffer());
      case F64 -> target.asDoubleBuffer().put(source.asDoubleBuffer());
      case I64 -> target.asLongBuffer().put(source.asLongBuffer());
      case I32 -> target.asIntBuffer().put(source.asIntBuffer());
      case F16 -> {
        FloatBuffer floats = source.asFloatBuffer();
        while (floats.hasRemaining()) {
          target.putShort(Halves.toF16(floats.get()));
        }
        target.flip();
      }
      case BF16 -> {
        FloatBuffer floats = source.asFloatBuffer();
        while (floats.hasRemaining()) {
          target.putShort(Halves.toBf16(floats.get()));
        }
        target.flip();
      }
      case I8, U8, BOOL -> target.put(source).flip();
      case I16 -> throw new IllegalStateException("I16 is refused by put");
    }
    return target;
  }
}
