package org.safety4j.datasets.synthetic;

import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;

/**
 * An emoji in a scene.
 *
 * @param emoji the emoji
 * @param style who drew it
 * @param x pixels from the left to its centre
 * @param y pixels from the top to its centre
 * @param size its side in pixels, before it is turned
 * @param angle its turn in radians
 * @param visible how much of every pixel is covered by what can be seen of it, in [0, 1]; {@code
 *     side} rows of {@code side} samples each
 */
public record SceneItem(
    Emoji emoji, EmojiStyle style, double x, double y, double size, double angle, float[] visible) {
  /** A pixel belongs to what covers more than half of it. */
  static final float HALF = 0.5f;

  /**
   * Counts the pixels of the item's mask: those of which it covers more than half.
   *
   * @return at least 1
   */
  public int area() {
    int area = 0;
    for (float v : visible) {
      area += v > HALF ? 1 : 0;
    }
    return area;
  }

  /**
   * Finds the point of the mask that is farthest from everything outside of it; of several the
   * first in reading order.
   *
   * @param side the scene's rows and columns
   * @return the pixel's number, row by row
   */
  public int deepest(int side) {
    int best = -1;
    double most = -1;
    for (int at = 0; at < visible.length; at++) {
      if (visible[at] > HALF) {
        double depth = depth(at % side, at / side, side, most);
        if (depth > most) {
          most = depth;
          best = at;
        }
      }
    }
    return best;
  }

  /** Squared distance to the nearest pixel outside; stops early where it cannot exceed a bound. */
  private double depth(int x, int y, int side, double enough) {
    double nearest = Double.MAX_VALUE;
    for (int radius = 1; radius <= side && radius * radius < nearest; radius++) {
      for (int dy = -radius; dy <= radius; dy++) {
        int step = Math.abs(dy) == radius ? 1 : 2 * radius;
        for (int dx = -radius; dx <= radius; dx += step) {
          if (outside(x + dx, y + dy, side)) {
            nearest = Math.min(nearest, dx * dx + dy * dy);
          }
        }
      }
      if (nearest <= enough) {
        return nearest;
      }
    }
    return nearest;
  }

  private boolean outside(int x, int y, int side) {
    return x < 0 || y < 0 || x >= side || y >= side || visible[y * side + x] <= HALF;
  }
}
