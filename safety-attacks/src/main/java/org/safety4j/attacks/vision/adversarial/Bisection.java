package org.safety4j.attacks.vision.adversarial;

import java.util.Arrays;

/** Searches, for every sample, the smallest weight of an objective that still succeeds. */
final class Bisection {
  private static final double GROWTH = 10;

  private final double[] low;
  private final double[] high;
  private final double[] value;
  private final boolean[] success;
  private final double largest;

  Bisection(int samples, double first, double largest) {
    this.low = new double[samples];
    this.high = new double[samples];
    this.value = new double[samples];
    this.success = new boolean[samples];
    this.largest = largest;
    Arrays.fill(high, Double.POSITIVE_INFINITY);
    Arrays.fill(value, first);
  }

  double value(int sample) {
    return value[sample];
  }

  float[] values(int[] samples) {
    float[] values = new float[samples.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) value[samples[i]];
    }
    return values;
  }

  void succeeded(int sample) {
    success[sample] = true;
  }

  /** Halves the interval where both ends are known, and grows the weight where none succeeded. */
  void next(int[] samples) {
    for (int s : samples) {
      if (success[s]) {
        high[s] = Math.min(high[s], value[s]);
      } else {
        low[s] = Math.max(low[s], value[s]);
      }
      value[s] =
          Double.isInfinite(high[s])
              ? Math.min(largest, value[s] * GROWTH)
              : (low[s] + high[s]) / 2;
      success[s] = false;
    }
  }
}
