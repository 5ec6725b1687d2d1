package org.safety4j.datasets.synthetic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.safety4j.core.tensor.Rng;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;

/**
 * Scenes of one to four emoji over textured backgrounds, 64x64 pixels, with the mask of every
 * emoji, a caption, counts and questions with their answers. A scene follows from a seed and its
 * number; there is no end of them.
 *
 * <pre>{@code
 * Scene scene = EmojiScenes.train(0).scene(17);
 * scene.caption();      // "two tomato, one melon on a striped blue background"
 * }</pre>
 *
 * <p>Emoji are of either style, 20 to 36 pixels wide, turned by up to 20 degrees; of each at least
 * two thirds and 30 pixels can be seen. A quarter of the emoji after the first repeat one that is
 * there. Training scenes have training emoji, held-out scenes test emoji, and other wordings of
 * questions. Backgrounds are of the same kinds in both.
 *
 * <p>Immutable.
 */
public final class EmojiScenes {
  /** Rows and columns of a scene. */
  public static final int SIDE = 64;

  private static final int MOST = 4;
  private static final double SMALLEST = 20;
  private static final double LARGEST = 36;
  private static final double TURN = Math.toRadians(20);
  private static final double REPEATED = 0.25;
  private static final double SEEN = 2 / 3.0;
  private static final int SMALLEST_AREA = 30;
  private static final int TRIES = 20;
  private static final int SUB = 2;

  private final List<Emoji> emoji;
  private final boolean heldOut;
  private final Rng rng;

  private EmojiScenes(List<Emoji> emoji, boolean heldOut, Rng rng) {
    this.emoji = emoji;
    this.heldOut = heldOut;
    this.rng = rng;
  }

  /**
   * Scenes to train on.
   *
   * @param seed any number
   * @return scenes of training emoji
   */
  public static EmojiScenes train(long seed) {
    return new EmojiScenes(
        Emoji.all().train().list(), false, Rng.of(seed).derive("scenes").derive("train"));
  }

  /**
   * Scenes to measure on.
   *
   * @param seed any number
   * @return scenes of test emoji
   */
  public static EmojiScenes heldOut(long seed) {
    return new EmojiScenes(
        Emoji.all().test().list(), true, Rng.of(seed).derive("scenes").derive("held-out"));
  }

  /**
   * Composes a scene.
   *
   * @param index its number
   * @return the scene; the same for the same seed and number
   */
  public Scene scene(long index) {
    SplittableRandom random = rng.derive(index).sequence();
    Backdrop backdrop = Backdrop.draw(random);
    int wanted = 1 + random.nextInt(MOST);
    List<SceneItem> items = new ArrayList<>();
    List<Integer> whole = new ArrayList<>();
    float[] pixels = backdrop.paint(SIDE);
    for (int tries = 0; items.isEmpty() || items.size() < wanted && tries < TRIES; tries++) {
      float[] drawn = new float[4 * SIDE * SIDE];
      SceneItem item = placed(items, drawn, random);
      if (add(items, whole, item)) {
        lay(drawn, pixels);
      }
    }
    return new Scene(
        SIDE, pixels, backdrop, items, heldOut, absent(items, random), random.nextLong());
  }

  private Emoji absent(List<SceneItem> items, SplittableRandom random) {
    while (true) {
      Emoji other = emoji.get(random.nextInt(emoji.size()));
      if (items.stream().noneMatch(i -> i.emoji().name().equals(other.name()))) {
        return other;
      }
    }
  }

  /**
   * An item at a random place, drawn into planes R, G, B (multiplied by its cover) and cover; its
   * mask is whole, as if nothing were over it.
   */
  private SceneItem placed(List<SceneItem> items, float[] drawn, SplittableRandom random) {
    Emoji chosen =
        !items.isEmpty() && random.nextDouble() < REPEATED
            ? items.get(random.nextInt(items.size())).emoji()
            : emoji.get(random.nextInt(emoji.size()));
    EmojiStyle style = random.nextBoolean() ? EmojiStyle.TWITTER : EmojiStyle.NOTO;
    double size = SMALLEST + (LARGEST - SMALLEST) * random.nextDouble();
    double margin = size / 2;
    double x = margin + (SIDE - size) * random.nextDouble();
    double y = margin + (SIDE - size) * random.nextDouble();
    double angle = TURN * (2 * random.nextDouble() - 1);
    float[] visible = new float[SIDE * SIDE];
    SceneItem item = new SceneItem(chosen, style, x, y, size, angle, visible);
    sample(item, drawn);
    System.arraycopy(drawn, 3 * SIDE * SIDE, visible, 0, visible.length);
    return item;
  }

  /**
   * Adds an item over those that are there, unless it is tiny or too little of one below could
   * still be seen.
   */
  private static boolean add(List<SceneItem> items, List<Integer> whole, SceneItem top) {
    int area = top.area();
    if (area < SMALLEST_AREA) {
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
      if (below.area() < Math.max(SMALLEST_AREA, SEEN * whole.get(k))) {
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

  private static void lay(float[] drawn, float[] pixels) {
    int plane = SIDE * SIDE;
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = drawn[i] + (1 - drawn[3 * plane + i % plane]) * pixels[i];
    }
  }

  /** Draws an emoji at its size and angle: means of 2x2 bilinear samples a pixel. */
  private static void sample(SceneItem item, float[] drawn) {
    float[] rgba = item.emoji().rgba(item.style());
    double cos = Math.cos(item.angle()) * Emoji.SIDE / item.size();
    double sin = Math.sin(item.angle()) * Emoji.SIDE / item.size();
    double reach = item.size() * 0.75;
    int top = (int) Math.max(0, item.y() - reach);
    int bottom = (int) Math.min(SIDE - 1.0, item.y() + reach);
    int left = (int) Math.max(0, item.x() - reach);
    int right = (int) Math.min(SIDE - 1.0, item.x() + reach);
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
          drawn[c * SIDE * SIDE + py * SIDE + px] = sum[c] / (SUB * SUB);
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
