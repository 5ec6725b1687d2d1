package org.safety4j.attacks.engine.query;

import java.util.SplittableRandom;

/** Distributions of random directions. */
public enum Noise {
  /** Independent standard normal entries. */
  GAUSSIAN {
    @Override
    void fill(SplittableRandom random, float[] into, int from, int count) {
      for (int i = from; i < from + count; i++) {
        into[i] = (float) random.nextGaussian();
      }
    }
  },
  /** Independent signs. */
  RADEMACHER {
    @Override
    void fill(SplittableRandom random, float[] into, int from, int count) {
      long bits = 0;
      for (int i = 0; i < count; i++) {
        if ((i & 63) == 0) {
          bits = random.nextLong();
        }
        into[from + i] = (bits & 1) == 0 ? -1f : 1f;
        bits >>>= 1;
      }
    }
  },
  /** Uniform on the unit sphere. */
  SPHERE {
    @Override
    void fill(SplittableRandom random, float[] into, int from, int count) {
      GAUSSIAN.fill(random, into, from, count);
      toUnitLength(into, from, count);
    }
  },
  /** Uniform in the cube [-1, 1], scaled to unit length. */
  CUBE {
    @Override
    void fill(SplittableRandom random, float[] into, int from, int count) {
      for (int i = from; i < from + count; i++) {
        into[i] = (float) (2 * random.nextDouble() - 1);
      }
      toUnitLength(into, from, count);
    }
  };

  abstract void fill(SplittableRandom random, float[] into, int from, int count);

  private static void toUnitLength(float[] values, int from, int count) {
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += (double) values[i] * values[i];
    }
    double scale = sum == 0 ? 0 : 1 / Math.sqrt(sum);
    for (int i = from; i < from + count; i++) {
      values[i] *= (float) scale;
    }
  }
}
