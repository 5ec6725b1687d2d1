package org.safety4j.datasets.images;

import java.io.Serializable;
import org.safety4j.core.error.Require;

/**
 * A colour in [0,1], as images have it: sRGB samples, not linear light.
 *
 * @param red red, in [0,1]
 * @param green green, in [0,1]
 * @param blue blue, in [0,1]
 * @serial exclude
 */
public record Rgb(double red, double green, double blue) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** White. */
  public static final Rgb WHITE = new Rgb(1, 1, 1);

  /** Black. */
  public static final Rgb BLACK = new Rgb(0, 0, 0);

  /** Middle grey, 0.5 in every channel. */
  public static final Rgb GREY = new Rgb(0.5, 0.5, 0.5);

  /**
   * Checks the ranges.
   *
   * @param red in [0,1]
   * @param green in [0,1]
   * @param blue in [0,1]
   * @throws IllegalArgumentException if a channel is outside [0,1]
   */
  public Rgb {
    Require.inRange("red", red, 0, 1);
    Require.inRange("green", green, 0, 1);
    Require.inRange("blue", blue, 0, 1);
  }

  /**
   * Composes planes R, G, B, A (straight alpha) over this colour; the result has planes R, G, B.
   */
  float[] under(float[] rgba, int plane) {
    float[] out = new float[3 * plane];
    float[] background = {(float) red, (float) green, (float) blue};
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < plane; i++) {
        float alpha = rgba[3 * plane + i];
        out[c * plane + i] = alpha * rgba[c * plane + i] + (1 - alpha) * background[c];
      }
    }
    return out;
  }
}
