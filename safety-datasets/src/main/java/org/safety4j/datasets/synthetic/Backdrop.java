package org.safety4j.datasets.synthetic;

import java.util.List;
import java.util.SplittableRandom;
import org.safety4j.datasets.images.Rgb;

/**
 * A textured background: a main colour that has a name, and a second colour laid over it in a
 * pattern.
 *
 * @param pattern the pattern
 * @param colour name of the main colour, one of {@link #colours()}
 * @param main the main colour
 * @param second the colour of the pattern, a lighter or darker shade
 * @param scale size of the pattern in pixels
 * @param angle direction of the pattern in radians
 * @param seed what irregular patterns are drawn from
 */
public record Backdrop(
    Pattern pattern, String colour, Rgb main, Rgb second, double scale, double angle, long seed) {
  private static final List<String> COLOURS =
      List.of("red", "orange", "yellow", "green", "blue", "purple", "white", "grey");
  private static final double[][] VALUES = {
    {0.80, 0.20, 0.20},
    {0.95, 0.60, 0.20},
    {0.95, 0.90, 0.35},
    {0.30, 0.70, 0.30},
    {0.30, 0.50, 0.85},
    {0.60, 0.35, 0.75},
    {0.97, 0.97, 0.97},
    {0.55, 0.55, 0.55}
  };
  private static final double SHADE = 0.18;
  private static final double JITTER = 0.05;

  /** How the second colour is laid over the first. */
  public enum Pattern {
    /** Not at all. */
    PLAIN("a plain"),
    /** More and more to one side. */
    GRADIENT("a shaded"),
    /** In stripes. */
    STRIPES("a striped"),
    /** In squares. */
    CHECKS("a checked"),
    /** In dots. */
    DOTS("a dotted"),
    /** In clouds. */
    CLOUDS("a cloudy");

    private final String article;

    Pattern(String article) {
      this.article = article;
    }
  }

  /**
   * Names the main colours.
   *
   * @return eight names
   */
  public static List<String> colours() {
    return COLOURS;
  }

  /** Draws a background; half of its area at most has the second colour. */
  static Backdrop draw(SplittableRandom random) {
    int c = random.nextInt(VALUES.length);
    double shade = (random.nextBoolean() ? 1 : -1) * (0.08 + (SHADE - 0.08) * random.nextDouble());
    double[] main = new double[3];
    double[] second = new double[3];
    for (int i = 0; i < 3; i++) {
      main[i] = limited(VALUES[c][i] + JITTER * (2 * random.nextDouble() - 1));
      second[i] = limited(main[i] + shade);
    }
    Pattern[] patterns = Pattern.values();
    return new Backdrop(
        patterns[random.nextInt(patterns.length)],
        COLOURS.get(c),
        new Rgb(main[0], main[1], main[2]),
        new Rgb(second[0], second[1], second[2]),
        4 + 8 * random.nextDouble(),
        Math.PI * random.nextDouble(),
        random.nextLong());
  }

  private static double limited(double x) {
    return Math.max(0, Math.min(1, x));
  }

  /** How much of the second colour a pixel has, in [0, 1]. */
  private double share(double x, double y, double[] clouds, int side) {
    double u = (Math.cos(angle) * x + Math.sin(angle) * y) / scale;
    double v = (Math.cos(angle) * y - Math.sin(angle) * x) / scale;
    return switch (pattern) {
      case PLAIN -> 0;
      case GRADIENT -> limited(0.5 + u * scale / (2.0 * side));
      case STRIPES -> even(u) ? 1 : 0;
      case CHECKS -> even(u) == even(v) ? 1 : 0;
      case DOTS -> Math.hypot(u - Math.rint(u), v - Math.rint(v)) < 0.28 ? 1 : 0;
      case CLOUDS -> clouds[(int) y * side + (int) x];
    };
  }

  private static boolean even(double x) {
    return ((long) Math.floor(x) & 1) == 0;
  }

  /**
   * Paints the background.
   *
   * @param side rows and columns
   * @return planes R, G, B in [0, 1], {@code side} rows of {@code side} samples each
   */
  float[] paint(int side) {
    int plane = side * side;
    float[] out = new float[3 * plane];
    double[] clouds = pattern == Pattern.CLOUDS ? clouds(side) : null;
    double[] a = {main.red(), main.green(), main.blue()};
    double[] b = {second.red(), second.green(), second.blue()};
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        double share = share(x, y, clouds, side);
        for (int c = 0; c < 3; c++) {
          out[c * plane + y * side + x] = (float) (a[c] + share * (b[c] - a[c]));
        }
      }
    }
    return out;
  }

  /** Smooth noise: random numbers on a coarse grid, joined by smooth steps. */
  private double[] clouds(int side) {
    SplittableRandom random = new SplittableRandom(seed);
    int cells = (int) Math.ceil(side / scale) + 2;
    double[] grid = new double[cells * cells];
    for (int i = 0; i < grid.length; i++) {
      grid[i] = random.nextDouble();
    }
    double[] out = new double[side * side];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int gx = (int) (x / scale);
        int gy = (int) (y / scale);
        double fx = smooth(x / scale - gx);
        double fy = smooth(y / scale - gy);
        int at = gy * cells + gx;
        double top = grid[at] + fx * (grid[at + 1] - grid[at]);
        double below = grid[at + cells] + fx * (grid[at + cells + 1] - grid[at + cells]);
        out[y * side + x] = top + fy * (below - top);
      }
    }
    return out;
  }

  private static double smooth(double t) {
    return t * t * (3 - 2 * t);
  }

  /**
   * Describes the background.
   *
   * @return such as {@code a striped blue background}
   */
  public String words() {
    return pattern.article + " " + colour + " background";
  }
}
