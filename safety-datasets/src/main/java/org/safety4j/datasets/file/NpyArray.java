package org.safety4j.datasets.file;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.safety4j.core.error.InvalidDataFile;

/**
 * One array in NumPy's NPY format (versions 1 to 3): numbers and booleans of up to 64 bits in
 * either byte order, C or Fortran order. Arrays of objects, which NumPy would unpickle, are
 * refused, as are strings and structures.
 */
public final class NpyArray {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_HEADER = 1 << 16;
  private static final int MAX_RANK = 32;
  private static final Pattern DESCR =
      Pattern.compile("'descr'\\s*:\\s*'([<>|=])([a-zA-Z])(\\d{1,2})'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d,\\sL]*)\\)");

  private final String name;
  private final Kind kind;
  private final int[] shape;
  private final int size;
  private final ByteBuffer data;

  private NpyArray(String name, Kind kind, int[] shape, int size, ByteBuffer data) {
    this.name = name;
    this.kind = kind;
    this.shape = shape;
    this.size = size;
    this.data = data;
  }

  /** Types of elements that are read. */
  public enum Kind {
    /** NumPy's bool. */
    BOOL('b', 1),
    /** Signed 8-bit integer. */
    INT8('i', 1),
    /** Signed 16-bit integer. */
    INT16('i', 2),
    /** Signed 32-bit integer. */
    INT32('i', 4),
    /** Signed 64-bit integer. */
    INT64('i', 8),
    /** Unsigned 8-bit integer. */
    UINT8('u', 1),
    /** Unsigned 16-bit integer. */
    UINT16('u', 2),
    /** Unsigned 32-bit integer. */
    UINT32('u', 4),
    /** Unsigned 64-bit integer. */
    UINT64('u', 8),
    /** IEEE 754 half precision. */
    FLOAT16('f', 2),
    /** IEEE 754 single precision. */
    FLOAT32('f', 4),
    /** IEEE 754 double precision. */
    FLOAT64('f', 8);

    private final char code;
    private final int bytes;

    Kind(char code, int bytes) {
      this.code = code;
      this.bytes = bytes;
    }

    /**
     * Tells whether values of this type are integers (or booleans).
     *
     * @return false for the floating-point types
     */
    public boolean isInteger() {
      return code != 'f';
    }

    private static Kind of(char code, int bytes) {
      for (Kind kind : values()) {
        if (kind.code == code && kind.bytes == bytes) {
          return kind;
        }
      }
      return null;
    }
  }

  /**
   * Reads an NPY file.
   *
   * @param file the file
   * @param limits bounds on bytes
   * @return the array
   * @throws InvalidDataFile if the file is absent, truncated, too long, beyond a limit, or holds
   *     something other than plain numbers
   */
  public static NpyArray read(Path file, ReadLimits limits) {
    try (BoundedInput in = BoundedInput.open(file, limits)) {
      NpyArray array = parse(file.toString(), in);
      in.expectEnd("the array");
      return array;
    }
  }

  /**
   * Reads an NPY file that is already in memory.
   *
   * @param name how messages call it
   * @param npy its bytes
   * @return the array
   * @throws InvalidDataFile as {@link #read(Path, ReadLimits)} does
   */
  static NpyArray of(String name, byte[] npy) {
    try (BoundedInput in = new BoundedInput(name, new ByteArrayInputStream(npy), npy.length)) {
      NpyArray array = parse(name, in);
      in.expectEnd("the array");
      return array;
    }
  }

  private static NpyArray parse(String name, BoundedInput in) {
    if (!Arrays.equals(in.bytes(MAGIC.length, "the magic string"), MAGIC)) {
      throw in.error("not an NPY file: it does not start with \\x93NUMPY");
    }
    int major = in.unsignedByte("the version");
    in.unsignedByte("the version");
    if (major < 1 || major > 3) {
      throw in.error("NPY version " + major + " is unknown; versions 1 to 3 are read");
    }
    byte[] lengthBytes = in.bytes(major == 1 ? 2 : 4, "the header's length");
    ByteBuffer length = ByteBuffer.wrap(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
    long headerLength = major == 1 ? length.getShort() & 0xffff : length.getInt() & 0xffffffffL;
    if (headerLength > MAX_HEADER) {
      throw in.error("header of " + headerLength + " bytes; at most " + MAX_HEADER + " are read");
    }
    String header = new String(in.bytes(headerLength, "the header"), StandardCharsets.UTF_8);
    Matcher descr = find(DESCR, header, "descr of a number type", in);
    Kind kind = Kind.of(descr.group(2).charAt(0), Integer.parseInt(descr.group(3)));
    if (kind == null) {
      throw in.error(
          "element type "
              + descr.group(2)
              + descr.group(3)
              + " is not read; only bool, integers and floats up to 64 bits are");
    }
    boolean fortran = find(ORDER, header, "fortran_order", in).group(1).equals("True");
    int[] shape = shape(find(SHAPE, header, "shape", in).group(1), in);
    long count = 1;
    for (int side : shape) {
      count *= side;
      if (count > Integer.MAX_VALUE) {
        throw in.error("shape " + Arrays.toString(shape) + " has more elements than can be held");
      }
    }
    ByteOrder order = descr.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    byte[] data = in.bytes(count * kind.bytes, "the values of shape " + Arrays.toString(shape));
    if (fortran && shape.length > 1) {
      data = rowMajor(data, shape, kind.bytes);
    }
    return new NpyArray(name, kind, shape, (int) count, ByteBuffer.wrap(data).order(order));
  }

  private static Matcher find(Pattern pattern, String header, String field, BoundedInput in) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw in.error("the header has no " + field + " that can be read: " + brief(header));
    }
    return matcher;
  }

  private static String brief(String header) {
    String line = header.strip();
    return line.length() <= 120 ? line : line.substring(0, 120) + "...";
  }

  private static int[] shape(String text, BoundedInput in) {
    String[] parts =
        Arrays.stream(text.split(","))
            .map(String::strip)
            .filter(s -> !s.isEmpty())
            .toArray(String[]::new);
    if (parts.length > MAX_RANK) {
      throw in.error(parts.length + " dimensions; at most " + MAX_RANK + " are read");
    }
    int[] shape = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        shape[i] =
            Integer.parseInt(
                parts[i].endsWith("L") ? parts[i].substring(0, parts[i].length() - 1) : parts[i]);
      } catch (NumberFormatException e) {
        throw in.error("dimension " + i + " is not a number that can be held: " + parts[i], e);
      }
    }
    return shape;
  }

  private static byte[] rowMajor(byte[] columnMajor, int[] shape, int width) {
    byte[] out = new byte[columnMajor.length];
    int[] index = new int[shape.length];
    for (int to = 0; to < out.length; to += width) {
      long from = 0;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        from = from * shape[axis] + index[axis];
      }
      System.arraycopy(columnMajor, (int) from * width, out, to, width);
      for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return out;
  }

  /**
   * Tells the dimensions.
   *
   * @return a copy of the dimensions; empty for a scalar
   */
  public int[] shape() {
    return shape.clone();
  }

  /**
   * Tells the type of the elements in the file.
   *
   * @return the type
   */
  public Kind kind() {
    return kind;
  }

  /**
   * Tells the number of elements.
   *
   * @return the product of the dimensions
   */
  public int size() {
    return size;
  }

  /**
   * Gives the bytes of an array of 8-bit integers or booleans, in row-major order.
   *
   * @return the array itself, not a copy
   * @throws IllegalStateException if the elements are wider than a byte
   */
  public byte[] bytes() {
    if (kind.bytes != 1) {
      throw new IllegalStateException(
          "elements are " + kind + ", not bytes; use floats() or ints()");
    }
    return data.array();
  }

  /**
   * Converts the elements to floats, in row-major order, rounding what float32 cannot hold.
   *
   * @return a new array
   */
  public float[] floats() {
    float[] out = new float[size];
    for (int i = 0; i < size; i++) {
      out[i] =
          switch (kind) {
            case FLOAT16 -> half(data.getShort(2 * i));
            case FLOAT32 -> data.getFloat(4 * i);
            case FLOAT64 -> (float) data.getDouble(8 * i);
            case UINT64 -> unsigned(data.getLong(8 * i));
            default -> (float) integer(i);
          };
    }
    return out;
  }

  /**
   * Gives the elements as ints, in row-major order.
   *
   * @return a new array
   * @throws InvalidDataFile if the elements are not integers or one does not fit an int
   */
  public int[] ints() {
    if (!kind.isInteger()) {
      throw new InvalidDataFile(name + ": integers expected, the elements are " + kind);
    }
    int[] out = new int[size];
    for (int i = 0; i < size; i++) {
      long value = integer(i);
      if (value != (int) value || kind == Kind.UINT64 && value < 0) {
        throw new InvalidDataFile(name + ": element " + i + " does not fit an int");
      }
      out[i] = (int) value;
    }
    return out;
  }

  private long integer(int i) {
    return switch (kind) {
      case BOOL, UINT8 -> data.get(i) & 0xff;
      case INT8 -> data.get(i);
      case INT16 -> data.getShort(2 * i);
      case UINT16 -> data.getShort(2 * i) & 0xffff;
      case INT32 -> data.getInt(4 * i);
      case UINT32 -> data.getInt(4 * i) & 0xffffffffL;
      case INT64, UINT64 -> data.getLong(8 * i);
      default -> throw new IllegalStateException(kind + " is not an integer type");
    };
  }

  private static float unsigned(long value) {
    return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2f;
  }

  private static float half(short bits) {
    int exponent = bits >> 10 & 0x1f;
    int mantissa = bits & 0x3ff;
    float magnitude =
        switch (exponent) {
          case 0 -> Math.scalb((float) mantissa, -24);
          case 0x1f -> mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Math.scalb((float) (mantissa | 0x400), exponent - 25);
        };
    return bits < 0 ? -magnitude : magnitude;
  }
}
