package org.safety4j.core.load;

import java.util.function.DoubleUnaryOperator;

/**
 * Resizes 8-bit pictures as the Python Imaging Library does, bit for bit: separable filters whose
 * support grows with the reduction (so that nothing aliases), weights in fixed point, each pass
 * rounded to 8 bits, rows before columns. From its version 13 on that library goes through columns
 * first where the height shrinks much more than the width; roundings then differ by a few levels.
 *
 * <p>The constants carry the codes that {@code preprocessor_config.json} uses.
 */
enum Resample {
  NEAREST(0, 0, x -> 0),
  LANCZOS(1, 3, x -> Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0),
  BILINEAR(2, 1, x -> Math.max(0, 1 - Math.abs(x))),
  BICUBIC(3, 2, Resample::cubic),
  BOX(4, 0.5, x -> x > -0.5 && x <= 0.5 ? 1 : 0),
  HAMMING(5, 1, x -> Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0);

  /** Bits after the point: 32 less 8 of the pixel, less 2 for negative lobes and overshoot. */
  private static final int PRECISION = 22;

  private final int code;
  private final double support;
  private final DoubleUnaryOperator kernel;

  Resample(int code, double support, DoubleUnaryOperator kernel) {
    this.code = code;
    this.support = support;
    this.kernel = kernel;
  }

  /** Returns the filter with a code, or null. */
  static Resample of(int code) {
    for (Resample filter : values()) {
      if (filter.code == code) {
        return filter;
      }
    }
    return null;
  }

  int code() {
    return code;
  }

  Pixels resize(Pixels picture, int width, int height) {
    if (this == NEAREST) {
      return nearest(picture, width, height);
    }
    Pixels rows = width == picture.width() ? picture : horizontal(picture, width);
    return height == rows.height() ? rows : vertical(rows, height);
  }

  private static Pixels nearest(Pixels in, int width, int height) {
    Pixels out = new Pixels(width, height);
    int[] columns = nearest(in.width(), width);
    int[] rows = nearest(in.height(), height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < Pixels.CHANNELS; c++) {
          out.set(x, y, c, in.get(columns[x], rows[y], c));
        }
      }
    }
    return out;
  }

  /** Steps are added up, as the library does, so that ties at the edge of a pixel fall alike. */
  private static int[] nearest(int from, int to) {
    double step = (double) from / to;
    int[] source = new int[to];
    double at = step * 0.5;
    for (int i = 0; i < to; i++) {
      source[i] = Math.min(from - 1, (int) at);
      at += step;
    }
    return source;
  }

  private Pixels horizontal(Pixels in, int width) {
    Taps[] taps = taps(in.width(), width);
    Pixels out = new Pixels(width, in.height());
    for (int y = 0; y < in.height(); y++) {
      for (int x = 0; x < width; x++) {
        Taps tap = taps[x];
        for (int c = 0; c < Pixels.CHANNELS; c++) {
          int sum = 1 << PRECISION - 1;
          for (int i = 0; i < tap.weights.length; i++) {
            sum += in.get(tap.first + i, y, c) * tap.weights[i];
          }
          out.set(x, y, c, clamp(sum >> PRECISION));
        }
      }
    }
    return out;
  }

  private Pixels vertical(Pixels in, int height) {
    Taps[] taps = taps(in.height(), height);
    Pixels out = new Pixels(in.width(), height);
    for (int y = 0; y < height; y++) {
      Taps tap = taps[y];
      for (int x = 0; x < in.width(); x++) {
        for (int c = 0; c < Pixels.CHANNELS; c++) {
          int sum = 1 << PRECISION - 1;
          for (int i = 0; i < tap.weights.length; i++) {
            sum += in.get(x, tap.first + i, c) * tap.weights[i];
          }
          out.set(x, y, c, clamp(sum >> PRECISION));
        }
      }
    }
    return out;
  }

  /** The pixels that make one output pixel, and their fixed-point weights. */
  private static final class Taps {
    final int first;
    final int[] weights;

    Taps(int first, int... weights) {
      this.first = first;
      this.weights = weights;
    }
  }

  private Taps[] taps(int from, int to) {
    double scale = (double) from / to;
    double stretch = Math.max(1, scale);
    double reach = support * stretch;
    Taps[] taps = new Taps[to];
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale;
      int first = Math.max(0, (int) (centre - reach + 0.5));
      int last = Math.min(from, (int) (centre + reach + 0.5));
      double[] weights = new double[last - first];
      double sum = 0;
      for (int k = 0; k < weights.length; k++) {
        weights[k] = kernel.applyAsDouble((first + k - centre + 0.5) / stretch);
        sum += weights[k];
      }
      int[] fixed = new int[weights.length];
      for (int k = 0; k < fixed.length; k++) {
        double exact = weights[k] / sum * (1 << PRECISION);
        fixed[k] = (int) (exact < 0 ? exact - 0.5 : exact + 0.5);
      }
      taps[i] = new Taps(first, fixed);
    }
    return taps;
  }

  private static int clamp(int value) {
    return Math.max(0, Math.min(255, value));
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  /** The cubic convolution kernel with a = -0.5. */
  private static double cubic(double x) {
    double t = Math.abs(x);
    if (t < 1) {
      return (1.5 * t - 2.5) * t * t + 1;
    }
    return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
  }
}
