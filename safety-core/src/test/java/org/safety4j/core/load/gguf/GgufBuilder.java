package org.safety4j.core.load.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes small GGUF files for tests, independently of the reader. */
public final class GgufBuilder {
  private final ByteArrayOutputStream values = new ByteArrayOutputStream();
  private final List<byte[]> data = new ArrayList<>();
  private final List<ByteArrayOutputStream> infos = new ArrayList<>();
  private int valueCount;
  private int version = 3;
  private int alignment = 32;

  private static void put(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> 8 * i));
    }
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    put(out, utf8.length, 8);
    out.writeBytes(utf8);
  }

  private void key(String key, int type) {
    valueCount++;
    text(values, key);
    put(values, type, 4);
  }

  public GgufBuilder version(int number) {
    version = number;
    return this;
  }

  public GgufBuilder text(String key, String value) {
    key(key, 8);
    text(values, value);
    return this;
  }

  public GgufBuilder integer(String key, long value) {
    key(key, 4);
    put(values, value, 4);
    return this;
  }

  public GgufBuilder number(String key, float value) {
    key(key, 6);
    put(values, Float.floatToIntBits(value), 4);
    return this;
  }

  public GgufBuilder flag(String key, boolean value) {
    key(key, 7);
    put(values, value ? 1 : 0, 1);
    return this;
  }

  public GgufBuilder alignment(int bytes) {
    alignment = bytes;
    return integer("general.alignment", bytes);
  }

  public GgufBuilder raw(String key, int type, byte[] value) {
    key(key, type);
    values.writeBytes(value);
    return this;
  }

  public GgufBuilder texts(String key, List<String> list) {
    key(key, 9);
    put(values, 8, 4);
    put(values, list.size(), 8);
    list.forEach(t -> text(values, t));
    return this;
  }

  public GgufBuilder integers(String key, int... list) {
    key(key, 9);
    put(values, 5, 4);
    put(values, list.length, 8);
    for (int n : list) {
      put(values, n, 4);
    }
    return this;
  }

  public GgufBuilder numbers(String key, float... list) {
    key(key, 9);
    put(values, 6, 4);
    put(values, list.length, 8);
    for (float x : list) {
      put(values, Float.floatToIntBits(x), 4);
    }
    return this;
  }

  /** Adds a tensor; {@code shape} has the slowest axis first. */
  public GgufBuilder tensor(String name, int type, byte[] bytes, long... shape) {
    long offset = 0;
    for (byte[] each : data) {
      offset += (each.length + alignment - 1) / alignment * alignment;
    }
    return tensorAt(name, type, bytes, offset, shape);
  }

  public GgufBuilder tensorAt(String name, int type, byte[] bytes, long offset, long... shape) {
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    text(info, name);
    put(info, shape.length, 4);
    for (int i = shape.length - 1; i >= 0; i--) {
      put(info, shape[i], 8);
    }
    put(info, type, 4);
    put(info, offset, 8);
    infos.add(info);
    data.add(bytes);
    return this;
  }

  public GgufBuilder floats(String name, float[] numbers, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(numbers);
    return tensor(name, 0, bytes.array(), shape);
  }

  public byte[] header() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    put(out, version, 4);
    put(out, infos.size(), 8);
    put(out, valueCount, 8);
    out.writeBytes(values.toByteArray());
    infos.forEach(i -> out.writeBytes(i.toByteArray()));
    return out.toByteArray();
  }

  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(header());
    for (byte[] each : data) {
      while (out.size() % alignment != 0) {
        out.write(0);
      }
      out.writeBytes(each);
    }
    return out.toByteArray();
  }

  public Path write(Path file) {
    try {
      return Files.write(file, bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
