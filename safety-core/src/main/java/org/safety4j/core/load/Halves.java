package org.safety4j.core.load;

/** Conversions between float32 and the two half-precision formats. */
final class Halves {
  private static final float[] F16 = table();

  private Halves() {}

  static float fromF16(short bits) {
    return F16[bits & 0xffff];
  }

  static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Rounds to nearest, ties to even; what is too large becomes infinite, NaN stays NaN. */
  static short toF16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= 0x47800000) { // 65536 and above
      return (short) (sign | 0x7c00);
    }
    if (magnitude >= 0x38800000) { // normal in half precision: 2^-14 and above
      int rounded = magnitude - 0x38000000; // exponent bias 127 -> 15
      return (short) (sign | roundShift(rounded, 13));
    }
    if (magnitude < 0x33000000) { // below half of the smallest subnormal, 2^-25
      return (short) sign;
    }
    int exponent = magnitude >>> 23;
    int mantissa = magnitude & 0x7fffff | 0x800000;
    return (short) (sign | roundShift(mantissa, 126 - exponent));
  }

  /** Rounds to nearest, ties to even; NaN stays NaN. */
  static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  private static int roundShift(int value, int shift) {
    int kept = value >>> shift;
    int lost = value & (1 << shift) - 1;
    int half = 1 << shift - 1;
    return lost > half || lost == half && (kept & 1) == 1 ? kept + 1 : kept;
  }

  private static float[] table() {
    float[] values = new float[1 << 16];
    for (int i = 0; i < values.length; i++) {
      int exponent = i >>> 10 & 0x1f;
      int mantissa = i & 0x3ff;
      float magnitude;
      if (exponent == 0) {
        magnitude = mantissa * 0x1p-24f;
      } else if (exponent == 31) {
        magnitude = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
      } else {
        magnitude = Float.intBitsToFloat(exponent + 112 << 23 | mantissa << 13);
      }
      values[i] = (i & 0x8000) == 0 ? magnitude : -magnitude;
    }
    return values;
  }
}
