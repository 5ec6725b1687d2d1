package org.safety4j.datasets.synthetic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;

/** A picture under composition: emoji are laid over a background, one over the other. */
final class Composition {
  private static final int SUB = 2;

  private final int side;
  private final double seen;
  private final int smallestArea;
  private final float[] pixels;
  private final List<SceneItem> items = new ArrayList<>();
  private final List<Integer> whole = new ArrayList<>();

  /**
   * Begins with a background.
   *
   * @param side rows and columns
   * @param backdrop the background
   * @param seen the share of every emoji that must stay in sight, in [0, 1]
   * @param smallestArea how many of its pixels must stay in sight, at least 1
   */
  Composition(int side, Backdrop backdrop, double seen, int smallestArea) {
    this.side = side;
    this.seen = seen;
    this.smallestArea = smallestArea;
    this.pixels = backdrop.paint(side);
  }

  /** What is there, the farthest first. */
  List<SceneItem> items() {
    return items;
  }

  /** Planes R, G, B in [0, 1]. */
  float[] pixels() {
    return pixels;
  }

  /**
   * Lays an emoji over those that are there, unless it is tiny or too little of one below could
   * still be seen.
   *
   * @param emoji the emoji
   * @param style who drew it
   * @param x pixels from the left to its centre
   * @param y pixels from the top to its centre
   * @param size its side in pixels, before it is turned
   * @param angle its turn in radians
   * @return whether it was laid
   */
  boolean add(Emoji emoji, EmojiStyle style, double x, double y, double size, double angle) {
    float[] drawn = new float[4 * side * side];
    float[] visible = new float[side * side];
    SceneItem item = new SceneItem(emoji, style, x, y, size, angle, visible);
    sample(item, drawn);
    System.arraycopy(drawn, 3 * side * side, visible, 0, visible.length);
    if (!fits(item)) {
      return false;
    }
    lay(drawn);
    return true;
  }

  private boolean fits(SceneItem top) {
    int area = top.area();
    if (area < smallestArea) {
      return false;
    }
    List<SceneItem> covered = new ArrayList<>();
    for (int k = 0; k < items.size(); k++) {
      SceneItem item = items.get(k);
      float[] left = item.visible().clone();
      for (int i = 0; i < left.length; i++) {
        left[i] *= 1 - top.visible()[i];
      }
      SceneItem below =
          new SceneItem(
              item.emoji(), item.style(), item.x(), item.y(), item.size(), item.angle(), left);
      if (below.area() < Math.max(smallestArea, seen * whole.get(k))) {
        return false;
      }
      covered.add(below);
    }
    items.clear();
    items.addAll(covered);
    items.add(top);
    whole.add(area);
    return true;
  }

  private void lay(float[] drawn) {
    int plane = side * side;
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = drawn[i] + (1 - drawn[3 * plane + i % plane]) * pixels[i];
    }
  }

  /** Draws an emoji at its size and angle: means of 2x2 bilinear samples a pixel. */
  private void sample(SceneItem item, float[] drawn) {
    float[] rgba = item.emoji().rgba(item.style());
    double cos = Math.cos(item.angle()) * Emoji.SIDE / item.size();
    double sin = Math.sin(item.angle()) * Emoji.SIDE / item.size();
    double reach = item.size() * 0.75;
    int top = (int) Math.max(0, item.y() - reach);
    int bottom = (int) Math.min(side - 1.0, item.y() + reach);
    int left = (int) Math.max(0, item.x() - reach);
    int right = (int) Math.min(side - 1.0, item.x() + reach);
    float[] sum = new float[4];
    for (int py = top; py <= bottom; py++) {
      for (int px = left; px <= right; px++) {
        Arrays.fill(sum, 0);
        for (int s = 0; s < SUB * SUB; s++) {
          double dx = px + (s % SUB + 0.5) / SUB - item.x();
          double dy = py + (s / SUB + 0.5) / SUB - item.y();
          bilinear(
              rgba,
              cos * dx + sin * dy + Emoji.SIDE / 2.0 - 0.5,
              cos * dy - sin * dx + Emoji.SIDE / 2.0 - 0.5,
              sum);
        }
        for (int c = 0; c < sum.length; c++) {
          drawn[c * side * side + py * side + px] = sum[c] / (SUB * SUB);
        }
      }
    }
  }

  /** Adds the colour at a point, multiplied by its cover, and the cover. Outside is transparent. */
  private static void bilinear(float[] rgba, double x, double y, float[] sum) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    int plane = Emoji.SIDE * Emoji.SIDE;
    for (int corner = 0; corner < 4; corner++) {
      int cx = left + corner % 2;
      int cy = top + corner / 2;
      if (cx < 0 || cy < 0 || cx >= Emoji.SIDE || cy >= Emoji.SIDE) {
        continue;
      }
      double weight = (1 - Math.abs(x - cx)) * (1 - Math.abs(y - cy));
      int at = cy * Emoji.SIDE + cx;
      float alpha = (float) (weight * rgba[3 * plane + at]);
      sum[0] += alpha * rgba[at];
      sum[1] += alpha * rgba[plane + at];
      sum[2] += alpha * rgba[2 * plane + at];
      sum[3] += alpha;
    }
  }
}
