package org.safety4j.core.load.gguf;

import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;

/**
 * Parses the part of a GGUF file before its data. Counts and lengths are compared with the bytes
 * that are left before anything is allocated, so a header of any content takes memory in proportion
 * to the file at most.
 */
final class GgufHeader {
  private static final int MAGIC = 0x46554747;
  private static final int MAX_ENTRIES = 1 << 16;
  private static final int MAX_NAME = 1 << 10;
  private static final int MAX_TEXT = 16 << 20;
  private static final int MAX_LIST = 1 << 22;
  private static final int MAX_AXES = 4;
  private static final long MAX_ALIGNMENT = 1 << 20;

  private final String origin;
  private final ByteBuffer in;
  private final long fileSize;
  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();

  private GgufHeader(String origin, ByteBuffer in, long fileSize) {
    this.origin = origin;
    this.in = in;
    this.fileSize = fileSize;
  }

  static GgufHeader parse(String origin, ByteBuffer start, long fileSize) {
    GgufHeader header = new GgufHeader(origin, start, fileSize);
    header.read();
    return header;
  }

  Map<String, Object> metadata() {
    return metadata;
  }

  Map<String, GgufTensor> tensors() {
    return tensors;
  }

  private void read() {
    if (in.remaining() < 24 || in.getInt() != MAGIC) {
      throw invalid(
          "this is not a GGUF file (it does not start with GGUF, or is shorter than a header)");
    }
    int version = in.getInt();
    if (version != 2 && version != 3) {
      boolean swapped = Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3;
      throw new UnsupportedModel(
          origin
              + (swapped
                  ? ": the file is big-endian; only little-endian files are supported"
                  : ": GGUF version "
                      + Integer.toUnsignedString(version)
                      + " is not supported, only 2 and 3"));
    }
    int tensorCount = count("tensors", 24);
    int valueCount = count("metadata values", 13);
    for (int i = 0; i < valueCount; i++) {
      String key = text("the key of metadata value " + i, MAX_NAME);
      if (metadata.putIfAbsent(key, value(key)) != null) {
        throw invalid("the metadata key \"" + key + "\" stands twice");
      }
    }
    List<Pending> pending = new ArrayList<>();
    for (int i = 0; i < tensorCount; i++) {
      pending.add(tensor(i));
    }
    place(pending);
  }

  private record Pending(String name, GgufType type, Shape shape, long offset) {}

  private Pending tensor(int index) {
    String name = text("the name of tensor " + index, MAX_NAME);
    int axes = integer("the rank of tensor \"" + name + "\"");
    if (axes < 1 || axes > MAX_AXES) {
      throw invalid(
          "tensor \""
              + name
              + "\" has "
              + Integer.toUnsignedString(axes)
              + " axes, not 1 to "
              + MAX_AXES);
    }
    long[] shape = new long[axes];
    long size = 1;
    for (int i = axes - 1; i >= 0; i--) {
      shape[i] = number("a dimension of tensor \"" + name + "\"");
      if (shape[i] < 1 || shape[i] > fileSize * 2 || size > fileSize * 2 / shape[i]) {
        throw invalid(
            "tensor \""
                + name
                + "\" has the dimension "
                + Long.toUnsignedString(shape[i])
                + ", which the file cannot hold");
      }
      size *= shape[i];
    }
    GgufType type = GgufType.of(origin, name, integer("the type of tensor \"" + name + "\""));
    if (shape[axes - 1] % type.blockSize() != 0) {
      throw invalid(
          "tensor \""
              + name
              + "\" has rows of "
              + shape[axes - 1]
              + " numbers, not a multiple of the "
              + type.blockSize()
              + " that a block of "
              + type
              + " has");
    }
    return new Pending(
        name, type, new Shape(shape), number("the offset of tensor \"" + name + "\""));
  }

  /** Checks that the data of all tensors lie in the file, aligned and apart from one another. */
  private void place(List<Pending> pending) {
    long alignment = 32;
    if (metadata.get("general.alignment") != null) {
      alignment = metadata.get("general.alignment") instanceof Long n ? n : 0;
      if (alignment < 1 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
        throw invalid(
            "\"general.alignment\" must be a power of two up to "
                + MAX_ALIGNMENT
                + ", is "
                + alignment);
      }
    }
    long dataStart = (in.position() + alignment - 1) / alignment * alignment;
    for (Pending p : pending) {
      if (p.offset < 0 || p.offset % alignment != 0 || p.offset > fileSize) {
        throw invalid(
            "tensor \""
                + p.name
                + "\" has the offset "
                + Long.toUnsignedString(p.offset)
                + ", which is outside of the file or not a multiple of "
                + alignment);
      }
      GgufTensor tensor = new GgufTensor(p.name, p.type, p.shape, dataStart + p.offset);
      if (tensor.offset() + tensor.byteSize() > fileSize) {
        throw invalid(
            "tensor \""
                + p.name
                + "\" ends at byte "
                + (tensor.offset() + tensor.byteSize())
                + " of "
                + fileSize
                + "; the file is truncated");
      }
      if (tensors.putIfAbsent(p.name, tensor) != null) {
        throw invalid("tensor \"" + p.name + "\" stands twice");
      }
    }
    List<GgufTensor> inOrder = new ArrayList<>(tensors.values());
    inOrder.sort(Comparator.comparingLong(GgufTensor::offset));
    for (int i = 1; i < inOrder.size(); i++) {
      GgufTensor before = inOrder.get(i - 1);
      if (before.offset() + before.byteSize() > inOrder.get(i).offset()) {
        throw invalid(
            "tensors \"" + before.name() + "\" and \"" + inOrder.get(i).name() + "\" overlap");
      }
    }
  }

  private Object value(String key) {
    int type = integer("the type of \"" + key + "\"");
    if (type != 9) {
      return scalar(key, type);
    }
    int element = integer("the element type of \"" + key + "\"");
    if (element == 9) {
      throw new UnsupportedModel(
          origin + ": \"" + key + "\" is a list of lists, which is not supported");
    }
    int width = width(key, element);
    long length = number("the length of \"" + key + "\"");
    if (length < 0 || length > MAX_LIST || length * width > in.remaining()) {
      throw invalid(
          "\""
              + key
              + "\" has "
              + Long.toUnsignedString(length)
              + " elements, more than are allowed or left");
    }
    int n = (int) length;
    if (element == 8) {
      String[] texts = new String[n];
      for (int i = 0; i < n; i++) {
        texts[i] = text("an element of \"" + key + "\"", MAX_TEXT);
      }
      return texts;
    }
    if (element == 6 || element == 12) {
      double[] numbers = new double[n];
      for (int i = 0; i < n; i++) {
        numbers[i] = ((Double) scalar(key, element));
      }
      return numbers;
    }
    long[] integers = new long[n];
    for (int i = 0; i < n; i++) {
      Object each = scalar(key, element);
      integers[i] = each instanceof Boolean b ? (b ? 1 : 0) : (Long) each;
    }
    return integers;
  }

  private int width(String key, int type) {
    return switch (type) {
      case 0, 1, 7 -> 1;
      case 2, 3 -> 2;
      case 4, 5, 6 -> 4;
      case 8, 10, 11, 12 -> 8;
      default ->
          throw invalid(
              "\"" + key + "\" has the unknown value type " + Integer.toUnsignedString(type));
    };
  }

  private Object scalar(String key, int type) {
    need(width(key, type), "the value of \"" + key + "\"");
    return switch (type) {
      case 0 -> (long) (in.get() & 0xff);
      case 1 -> (long) in.get();
      case 2 -> (long) (in.getShort() & 0xffff);
      case 3 -> (long) in.getShort();
      case 4 -> in.getInt() & 0xffffffffL;
      case 5 -> (long) in.getInt();
      case 6 -> (double) in.getFloat();
      case 7 -> flag(key);
      case 8 -> text("the value of \"" + key + "\"", MAX_TEXT);
      case 10, 11 -> in.getLong();
      default -> in.getDouble();
    };
  }

  private boolean flag(String key) {
    byte b = in.get();
    if (b != 0 && b != 1) {
      throw invalid("\"" + key + "\" is a boolean with the value " + (b & 0xff));
    }
    return b == 1;
  }

  private int count(String what, int leastBytes) {
    long n = number("the number of " + what);
    if (n < 0 || n > MAX_ENTRIES || n * leastBytes > in.remaining()) {
      throw invalid(
          "the header announces "
              + Long.toUnsignedString(n)
              + " "
              + what
              + ", more than are allowed or left");
    }
    return (int) n;
  }

  private int integer(String what) {
    need(4, what);
    return in.getInt();
  }

  private long number(String what) {
    need(8, what);
    return in.getLong();
  }

  private String text(String what, int longest) {
    long length = number("the length of " + what);
    if (length < 0 || length > longest || length > in.remaining()) {
      throw invalid(
          what + " has " + Long.toUnsignedString(length) + " bytes, more than are allowed or left");
    }
    ByteBuffer bytes = in.slice(in.position(), (int) length);
    in.position(in.position() + (int) length);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(bytes)
          .toString();
    } catch (CharacterCodingException e) {
      throw new InvalidModelFile(origin + ": " + what + " is not UTF-8", e);
    }
  }

  private void need(int bytes, String what) {
    if (in.remaining() < bytes) {
      throw invalid("the file ends inside " + what);
    }
  }

  private InvalidModelFile invalid(String message) {
    return new InvalidModelFile(origin + ": " + message);
  }
}
