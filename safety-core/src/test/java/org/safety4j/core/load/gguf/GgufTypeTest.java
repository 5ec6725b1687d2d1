package org.safety4j.core.load.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Each format is packed here from chosen codes and scales, bit by bit from its description, and
 * must expand to the numbers that codes and scales mean. Scales are powers of two or small
 * integers, so every expected number is exact.
 */
class GgufTypeTest {
  private final Random random = new Random(7);

  /** Half precision of a number that has an exact one. */
  private static short half(float value) {
    if (value == 0) {
      return 0;
    }
    int exponent = Math.getExponent(value);
    int mantissa = (int) (Math.scalb(Math.abs(value), -exponent + 10)) - 1024;
    return (short) ((value < 0 ? 0x8000 : 0) | exponent + 15 << 10 | mantissa);
  }

  private static ByteBuffer block(GgufType type, int blocks) {
    return ByteBuffer.allocate(type.blockBytes() * blocks).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float[] expand(GgufType type, ByteBuffer bytes, int blocks) {
    float[] out = new float[blocks * type.blockSize()];
    type.expand(bytes.array(), blocks, out);
    return out;
  }

  private int[] codes(int n, int bound) {
    return random.ints(n, 0, bound).toArray();
  }

  private static float[] of32(float d, float m, int shift, int[] codes) {
    float[] values = new float[codes.length];
    for (int i = 0; i < codes.length; i++) {
      values[i] = d * (codes[i] - shift) + m;
    }
    return values;
  }

  @Test
  void plainFormatsAreReadAsTheyStand() {
    float[] numbers = {0f, -0f, 1.5f, -2.25f, 65504f, 6.103515625e-5f, 1024f};
    ByteBuffer f32 = ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer f16 = ByteBuffer.allocate(14).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer bf16 = ByteBuffer.allocate(14).order(ByteOrder.LITTLE_ENDIAN);
    for (float x : numbers) {
      f32.putFloat(x);
      f16.putShort(x == 0 ? (short) (Float.floatToRawIntBits(x) >>> 16) : half(x));
      bf16.putShort((short) (Float.floatToRawIntBits(x) >>> 16));
    }
    assertThat(expand(GgufType.F32, f32, 7)).containsExactly(numbers);
    assertThat(expand(GgufType.F16, f16, 7)).containsExactly(numbers);
    float[] cut = numbers.clone();
    cut[4] = Float.intBitsToFloat(Float.floatToRawIntBits(65504f) & 0xffff0000);
    assertThat(expand(GgufType.BF16, bf16, 7)).containsExactly(cut);
  }

  @Test
  void halvesIncludeSubnormalsInfinitiesAndNan() {
    ByteBuffer f16 = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    f16.putShort((short) 1)
        .putShort((short) 0x83ff)
        .putShort((short) 0x7c00)
        .putShort((short) 0xfc00);
    f16.putShort((short) 0x7e00);
    assertThat(expand(GgufType.F16, f16, 5))
        .containsExactly(
            0x1p-24f,
            -1023 * 0x1p-24f,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.NaN);
  }

  @Test
  void q80ExpandsSignedBytes() {
    ByteBuffer bytes = block(GgufType.Q8_0, 2);
    float[] expected = new float[64];
    for (int b = 0; b < 2; b++) {
      float d = b == 0 ? 0.125f : -2f;
      bytes.putShort(half(d));
      for (int i = 0; i < 32; i++) {
        int code = i * 8 - 128;
        bytes.put((byte) code);
        expected[32 * b + i] = d * code;
      }
    }
    assertThat(expand(GgufType.Q8_0, bytes, 2)).containsExactly(expected);
  }

  private static void nibbles(ByteBuffer bytes, int[] codes) {
    for (int i = 0; i < 16; i++) {
      bytes.put((byte) (codes[i] & 15 | (codes[i + 16] & 15) << 4));
    }
  }

  private static int fifths(int[] codes) {
    int word = 0;
    for (int i = 0; i < 32; i++) {
      word |= (codes[i] >> 4) << i;
    }
    return word;
  }

  @Test
  void q40CodesStandAroundEight() {
    int[] codes = codes(32, 16);
    ByteBuffer bytes = block(GgufType.Q4_0, 1).putShort(half(0.5f));
    nibbles(bytes, codes);
    assertThat(expand(GgufType.Q4_0, bytes, 1)).containsExactly(of32(0.5f, 0, 8, codes));
  }

  @Test
  void q41HasAMinimum() {
    int[] codes = codes(32, 16);
    ByteBuffer bytes = block(GgufType.Q4_1, 1).putShort(half(0.25f)).putShort(half(-3f));
    nibbles(bytes, codes);
    assertThat(expand(GgufType.Q4_1, bytes, 1)).containsExactly(of32(0.25f, -3f, 0, codes));
  }

  @Test
  void q50CodesStandAroundSixteen() {
    int[] codes = codes(32, 32);
    ByteBuffer bytes = block(GgufType.Q5_0, 1).putShort(half(2f)).putInt(fifths(codes));
    nibbles(bytes, codes);
    assertThat(expand(GgufType.Q5_0, bytes, 1)).containsExactly(of32(2f, 0, 16, codes));
  }

  @Test
  void q51HasAMinimum() {
    int[] codes = codes(32, 32);
    ByteBuffer bytes =
        block(GgufType.Q5_1, 1).putShort(half(0.5f)).putShort(half(7f)).putInt(fifths(codes));
    nibbles(bytes, codes);
    assertThat(expand(GgufType.Q5_1, bytes, 1)).containsExactly(of32(0.5f, 7f, 0, codes));
  }

  /**
   * Twelve bytes for eight 6-bit scales and minima: four of each whole, four split in nibble and
   * two high bits.
   */
  private static byte[] packScales(int[] scales, int[] minima) {
    byte[] packed = new byte[12];
    for (int i = 0; i < 4; i++) {
      packed[i] = (byte) (scales[i] | (scales[i + 4] >> 4) << 6);
      packed[i + 4] = (byte) (minima[i] | (minima[i + 4] >> 4) << 6);
      packed[i + 8] = (byte) (scales[i + 4] & 15 | (minima[i + 4] & 15) << 4);
    }
    return packed;
  }

  private void superBlocks(GgufType type, int bound) {
    ByteBuffer bytes = block(type, 2);
    float[] expected = new float[512];
    for (int b = 0; b < 2; b++) {
      float d = b == 0 ? 0.5f : 0.03125f;
      float dMin = b == 0 ? 0.25f : 1f;
      int[] scales = codes(8, 64);
      int[] minima = codes(8, 64);
      int[] codes = codes(256, bound);
      bytes.putShort(half(d)).putShort(half(dMin)).put(packScales(scales, minima));
      if (bound == 32) {
        for (int i = 0; i < 32; i++) {
          int high = 0;
          for (int group = 0; group < 8; group++) {
            high |= (codes[32 * group + i] >> 4) << group;
          }
          bytes.put((byte) high);
        }
      }
      for (int pair = 0; pair < 4; pair++) {
        for (int i = 0; i < 32; i++) {
          bytes.put((byte) (codes[64 * pair + i] & 15 | (codes[64 * pair + 32 + i] & 15) << 4));
        }
      }
      for (int i = 0; i < 256; i++) {
        expected[256 * b + i] = d * scales[i / 32] * codes[i] - dMin * minima[i / 32];
      }
    }
    assertThat(expand(type, bytes, 2)).containsExactly(expected);
  }

  @Test
  void q4KHasScalesAndMinimaOfGroups() {
    superBlocks(GgufType.Q4_K, 16);
  }

  @Test
  void q5KAddsTheFifthBit() {
    superBlocks(GgufType.Q5_K, 32);
  }

  @Test
  void q6KSplitsCodesInNibblesAndPairsOfBits() {
    ByteBuffer bytes = block(GgufType.Q6_K, 2);
    float[] expected = new float[512];
    for (int b = 0; b < 2; b++) {
      int[] codes = codes(256, 64);
      int[] scales = codes(16, 256);
      float d = b == 0 ? 0.0625f : -0.5f;
      byte[] low = new byte[128];
      byte[] high = new byte[64];
      for (int i = 0; i < 256; i++) {
        int within = i % 128;
        low[64 * (i / 128) + within % 64] |= (byte) ((codes[i] & 15) << (within < 64 ? 0 : 4));
        high[32 * (i / 128) + within % 32] |= (byte) ((codes[i] >> 4) << 2 * (within / 32));
      }
      bytes.put(low).put(high);
      for (int scale : scales) {
        bytes.put((byte) scale);
      }
      bytes.putShort(half(d));
      for (int i = 0; i < 256; i++) {
        expected[256 * b + i] = d * (byte) scales[i / 16] * (codes[i] - 32);
      }
    }
    assertThat(expand(GgufType.Q6_K, bytes, 2)).containsExactly(expected);
  }

  @Test
  void sizesOfBlocksAreThoseOfTheirParts() {
    assertThat(GgufType.Q4_K.blockBytes()).isEqualTo(2 + 2 + 12 + 128);
    assertThat(GgufType.Q5_K.blockBytes()).isEqualTo(2 + 2 + 12 + 32 + 128);
    assertThat(GgufType.Q6_K.blockBytes()).isEqualTo(128 + 64 + 16 + 2);
    assertThat(GgufType.Q6_K.bytes(512)).isEqualTo(420);
  }

  @Test
  void quantisingARampLosesAtMostHalfAStep() {
    float[] ramp = new float[32];
    int[] codes = new int[32];
    float d = 0.0625f;
    for (int i = 0; i < 32; i++) {
      ramp[i] = -0.4f + i * 0.027f;
      codes[i] = Math.round((ramp[i] + 0.5f) / d);
    }
    ByteBuffer bytes = block(GgufType.Q4_1, 1).putShort(half(d)).putShort(half(-0.5f));
    nibbles(bytes, codes);
    float[] back = expand(GgufType.Q4_1, bytes, 1);
    for (int i = 0; i < 32; i++) {
      assertThat(Math.abs(back[i] - ramp[i])).isLessThanOrEqualTo(d / 2 + 1e-6f);
    }
  }
}
