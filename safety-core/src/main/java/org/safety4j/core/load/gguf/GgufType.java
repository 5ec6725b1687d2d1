package org.safety4j.core.load.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.safety4j.core.error.UnsupportedModel;

/** How a tensor's numbers are stored: in blocks that share scales, or plainly (blocks of one). */
public enum GgufType {
  /** IEEE single precision. */
  F32(0, 1, 4),
  /** IEEE half precision. */
  F16(1, 1, 2),
  /** Brain float, the upper half of single precision. */
  BF16(30, 1, 2),
  /** 4-bit codes around zero, one scale for 32 numbers. */
  Q4_0(2, 32, 18),
  /** 4-bit codes, scale and minimum for 32 numbers. */
  Q4_1(3, 32, 20),
  /** 5-bit codes around zero, one scale for 32 numbers. */
  Q5_0(6, 32, 22),
  /** 5-bit codes, scale and minimum for 32 numbers. */
  Q5_1(7, 32, 24),
  /** 8-bit codes, one scale for 32 numbers. */
  Q8_0(8, 32, 34),
  /** 4-bit codes; 6-bit scales and minima for 32 numbers each, two scales for 256. */
  Q4_K(12, 256, 144),
  /** 5-bit codes; 6-bit scales and minima for 32 numbers each, two scales for 256. */
  Q5_K(13, 256, 176),
  /** 6-bit codes around zero; 8-bit scales for 16 numbers each, one scale for 256. */
  Q6_K(14, 256, 210);

  private static final Map<Integer, String> UNSUPPORTED =
      Map.ofEntries(
          Map.entry(9, "Q8_1"),
          Map.entry(10, "Q2_K"),
          Map.entry(11, "Q3_K"),
          Map.entry(15, "Q8_K"),
          Map.entry(16, "IQ2_XXS"),
          Map.entry(17, "IQ2_XS"),
          Map.entry(18, "IQ3_XXS"),
          Map.entry(19, "IQ1_S"),
          Map.entry(20, "IQ4_NL"),
          Map.entry(21, "IQ3_S"),
          Map.entry(22, "IQ2_S"),
          Map.entry(23, "IQ4_XS"),
          Map.entry(24, "I8"),
          Map.entry(25, "I16"),
          Map.entry(26, "I32"),
          Map.entry(27, "I64"),
          Map.entry(28, "F64"),
          Map.entry(29, "IQ1_M"),
          Map.entry(34, "TQ1_0"),
          Map.entry(35, "TQ2_0"),
          Map.entry(39, "MXFP4"));

  private final int id;
  private final int blockSize;
  private final int blockBytes;

  GgufType(int id, int blockSize, int blockBytes) {
    this.id = id;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  static GgufType of(String origin, String tensor, int id) {
    for (GgufType type : values()) {
      if (type.id == id) {
        return type;
      }
    }
    throw new UnsupportedModel(
        origin
            + ": tensor \""
            + tensor
            + "\" is stored as "
            + UNSUPPORTED.getOrDefault(id, "unknown type " + id)
            + ", which is not supported; supported are F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K and"
            + " Q6_K");
  }

  /**
   * Returns the numbers of one block.
   *
   * @return 1, 32 or 256
   */
  public int blockSize() {
    return blockSize;
  }

  /**
   * Returns the bytes of one block.
   *
   * @return the size in bytes
   */
  public int blockBytes() {
    return blockBytes;
  }

  /**
   * Returns the bytes that a number of elements takes.
   *
   * @param elements a multiple of {@link #blockSize()}
   * @return the size in bytes
   */
  public long bytes(long elements) {
    return Math.multiplyExact(elements / blockSize, (long) blockBytes);
  }

  /**
   * Expands whole blocks.
   *
   * @param source the blocks, from index 0; little-endian
   * @param blocks how many
   * @param target where the numbers go, from index 0; at least {@code blocks * blockSize()} long
   */
  void expand(byte[] source, int blocks, float[] target) {
    switch (this) {
      case F32 ->
          ByteBuffer.wrap(source)
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer()
              .get(target, 0, blocks);
      case F16 -> {
        for (int i = 0; i < blocks; i++) {
          target[i] = half(source, 2 * i);
        }
      }
      case BF16 -> {
        for (int i = 0; i < blocks; i++) {
          target[i] = Float.intBitsToFloat((source[2 * i] & 0xff) << 16 | source[2 * i + 1] << 24);
        }
      }
      case Q8_0 -> {
        for (int b = 0, in = 0, out = 0; b < blocks; b++, in += 34) {
          float d = half(source, in);
          for (int i = 0; i < 32; i++) {
            target[out++] = d * source[in + 2 + i];
          }
        }
      }
      case Q4_0 -> {
        for (int b = 0, in = 0, out = 0; b < blocks; b++, in += 18, out += 32) {
          nibbles(source, in + 2, half(source, in), 0, -8, target, out);
        }
      }
      case Q4_1 -> {
        for (int b = 0, in = 0, out = 0; b < blocks; b++, in += 20, out += 32) {
          nibbles(source, in + 4, half(source, in), half(source, in + 2), 0, target, out);
        }
      }
      case Q5_0 -> {
        for (int b = 0, in = 0, out = 0; b < blocks; b++, in += 22, out += 32) {
          fives(source, in + 6, word(source, in + 2), half(source, in), 0, -16, target, out);
        }
      }
      case Q5_1 -> {
        for (int b = 0, in = 0, out = 0; b < blocks; b++, in += 24, out += 32) {
          fives(
              source,
              in + 8,
              word(source, in + 4),
              half(source, in),
              half(source, in + 2),
              0,
              target,
              out);
        }
      }
      case Q4_K -> {
        for (int b = 0; b < blocks; b++) {
          superBlock(source, b * 144, -1, b * 144 + 16, target, b * 256);
        }
      }
      case Q5_K -> {
        for (int b = 0; b < blocks; b++) {
          superBlock(source, b * 176, b * 176 + 16, b * 176 + 48, target, b * 256);
        }
      }
      case Q6_K -> {
        for (int b = 0; b < blocks; b++) {
          sixes(source, b * 210, target, b * 256);
        }
      }
    }
  }

  /** 16 bytes hold 32 codes: the low nibbles first, then the high ones. */
  private static void nibbles(
      byte[] q, int at, float d, float m, int shift, float[] target, int out) {
    for (int i = 0; i < 16; i++) {
      int codes = q[at + i];
      target[out + i] = d * ((codes & 15) + shift) + m;
      target[out + 16 + i] = d * ((codes >> 4 & 15) + shift) + m;
    }
  }

  private static void fives(
      byte[] q, int at, int high, float d, float m, int shift, float[] target, int out) {
    for (int i = 0; i < 16; i++) {
      int codes = q[at + i];
      target[out + i] = d * ((codes & 15 | (high >>> i & 1) << 4) + shift) + m;
      target[out + 16 + i] = d * ((codes >> 4 & 15 | (high >>> i + 16 & 1) << 4) + shift) + m;
    }
  }

  /**
   * A block of 256: two scales, twelve bytes of 6-bit scales and minima, maybe fifth bits, nibbles.
   */
  private static void superBlock(
      byte[] q, int at, int fifths, int codesAt, float[] target, int out) {
    float d = half(q, at);
    float dMin = half(q, at + 2);
    int scales = at + 4;
    for (int pair = 0; pair < 4; pair++) {
      for (int side = 0; side < 2; side++) {
        int group = 2 * pair + side;
        float scale = d * scale(q, scales, group);
        float min = dMin * minimum(q, scales, group);
        int from = codesAt + 32 * pair;
        int to = out + 32 * group;
        for (int i = 0; i < 32; i++) {
          int code = q[from + i] >> 4 * side & 15;
          if (fifths >= 0) {
            code |= (q[fifths + i] >> group & 1) << 4;
          }
          target[to + i] = scale * code - min;
        }
      }
    }
  }

  private static int scale(byte[] q, int at, int group) {
    return group < 4
        ? q[at + group] & 63
        : q[at + group + 4] & 15 | (q[at + group - 4] >> 6 & 3) << 4;
  }

  private static int minimum(byte[] q, int at, int group) {
    return group < 4
        ? q[at + group + 4] & 63
        : q[at + group + 4] >> 4 & 15 | (q[at + group] >> 6 & 3) << 4;
  }

  private static void sixes(byte[] q, int at, float[] target, int out) {
    float d = half(q, at + 208);
    for (int half = 0; half < 2; half++) {
      int low = at + 64 * half;
      int high = at + 128 + 32 * half;
      int scales = at + 192 + 8 * half;
      int to = out + 128 * half;
      for (int quarter = 0; quarter < 4; quarter++) {
        int from = low + 32 * (quarter & 1);
        int nibble = 4 * (quarter >> 1);
        for (int i = 0; i < 32; i++) {
          int code = (q[from + i] >> nibble & 15 | (q[high + i] >> 2 * quarter & 3) << 4) - 32;
          target[to + 32 * quarter + i] = d * q[scales + 2 * quarter + i / 16] * code;
        }
      }
    }
  }

  private static int word(byte[] q, int at) {
    return q[at] & 0xff | (q[at + 1] & 0xff) << 8 | (q[at + 2] & 0xff) << 16 | q[at + 3] << 24;
  }

  private static float half(byte[] q, int at) {
    return HALF[q[at] & 0xff | (q[at + 1] & 0xff) << 8];
  }

  private static final float[] HALF = halves();

  private static float[] halves() {
    float[] values = new float[1 << 16];
    for (int i = 0; i < values.length; i++) {
      int exponent = i >> 10 & 31;
      int mantissa = i & 1023;
      float magnitude =
          exponent == 0
              ? mantissa * 0x1p-24f
              : exponent == 31
                  ? (mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN)
                  : Float.intBitsToFloat(exponent + 112 << 23 | mantissa << 13);
      values[i] = (i & 0x8000) == 0 ? magnitude : -magnitude;
    }
    return values;
  }
}
