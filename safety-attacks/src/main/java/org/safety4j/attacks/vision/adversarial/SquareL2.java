package org.safety4j.attacks.vision.adversarial;

import java.util.SplittableRandom;
import org.safety4j.attacks.engine.query.Canvas;
import org.safety4j.attacks.engine.query.Edits;
import org.safety4j.attacks.engine.query.Mutation;

/**
 * Squares in an L2 ball: the change that stands in one window is given up and spent on a bump in
 * another, together with what is left of the radius.
 */
final class SquareL2 implements Mutation {
  /** Keeps rounding to float32 within the ball. */
  private static final double SAFE = 1 - 1e-6;

  private static final int TILES = 5;
  private final Canvas canvas;
  private final double radius;
  private final double share;

  SquareL2(Canvas canvas, double epsilon, double share) {
    this.canvas = canvas;
    this.radius = epsilon * SAFE;
    this.share = share;
  }

  @Override
  public void start(Edits into) {
    int height = canvas.height();
    int width = canvas.width();
    int rows = Math.max(1, height / TILES);
    int columns = Math.max(1, width / TILES);
    double[] change = new double[canvas.size()];
    for (int c = 0; c < canvas.channels(); c++) {
      for (int top = 0; top < height; top += rows) {
        for (int left = 0; left < width; left += columns) {
          int h = Math.min(rows, height - top);
          int w = Math.min(columns, width - left);
          double[] bump = bump(h, w);
          double sign = sign();
          for (int i = 0; i < bump.length; i++) {
            change[canvas.place(c, top + i / w, left + i % w)] = sign * bump[i];
          }
        }
      }
    }
    double scale = radius / length(change);
    for (int i = 0; i < change.length; i++) {
      into.set(i, Canvas.box(canvas.original(i) + change[i] * scale));
    }
  }

  @Override
  public boolean propose(int step, Edits into) {
    if (radius == 0) {
      return false;
    }
    int height = canvas.height();
    int width = canvas.width();
    int side = side(step, height, width);
    SplittableRandom random = canvas.random();
    int top = random.nextInt(height - side + 1);
    int left = random.nextInt(width - side + 1);
    int oldTop = random.nextInt(height - side + 1);
    int oldLeft = random.nextInt(width - side + 1);
    double[] bump = bump(side, side);
    double unused = Math.max(0, radius * radius - spent()) / canvas.channels();
    for (int c = 0; c < canvas.channels(); c++) {
      paint(into, c, side, top, left, oldTop, oldLeft, bump, unused);
    }
    return true;
  }

  private int side(int step, int height, int width) {
    double pixels = Square.shareAt(share, step, canvas.limit()) * height * width;
    int side = (int) Math.max(3, Math.round(Math.sqrt(pixels)));
    side += 1 - side % 2;
    return Math.min(side, Math.min(height, width));
  }

  private void paint(
      Edits into,
      int channel,
      int side,
      int top,
      int left,
      int oldTop,
      int oldLeft,
      double[] bump,
      double unused) {
    double inWindow = 0;
    double inBoth = 0;
    for (int i = 0; i < side * side; i++) {
      double d = change(canvas.place(channel, top + i / side, left + i % side));
      inWindow += d * d;
      int y = oldTop + i / side;
      int x = oldLeft + i % side;
      if (!inside(y, x, top, left, side)) {
        double old = change(canvas.place(channel, y, x));
        inBoth += old * old;
      }
    }
    inBoth += inWindow;
    double sign = sign();
    double[] mixed = new double[side * side];
    for (int i = 0; i < mixed.length; i++) {
      double d = change(canvas.place(channel, top + i / side, left + i % side));
      mixed[i] = sign * bump[i] + (inWindow > 0 ? d / Math.sqrt(inWindow) : 0);
    }
    double length = length(mixed);
    double scale = length > 0 ? Math.sqrt(inBoth + unused) / length : 0;
    for (int i = 0; i < mixed.length; i++) {
      int place = canvas.place(channel, top + i / side, left + i % side);
      into.set(place, Canvas.box(canvas.original(place) + mixed[i] * scale));
      int y = oldTop + i / side;
      int x = oldLeft + i % side;
      if (!inside(y, x, top, left, side)) {
        int old = canvas.place(channel, y, x);
        into.set(old, canvas.original(old));
      }
    }
  }

  private static boolean inside(int y, int x, int top, int left, int side) {
    return y >= top && y < top + side && x >= left && x < left + side;
  }

  private double change(int place) {
    return (double) canvas.current(place) - canvas.original(place);
  }

  private double spent() {
    double sum = 0;
    for (int i = 0; i < canvas.size(); i++) {
      sum += change(i) * change(i);
    }
    return sum;
  }

  private double sign() {
    return canvas.random().nextBoolean() ? 1 : -1;
  }

  /** Two hills of opposite sign, one in each half, halves above one another or side by side. */
  private double[] bump(int height, int width) {
    boolean upright = height > 1 && (width == 1 || canvas.random().nextBoolean());
    double[] bump = new double[height * width];
    int half = upright ? height / 2 : width / 2;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int along = upright ? y : x;
        boolean first = along < half;
        int length = first ? half : (upright ? height : width) - half;
        int at = first ? along : along - half;
        double value = upright ? hill(at, x, length, width) : hill(at, y, length, height);
        bump[y * width + x] = first ? value : -value;
      }
    }
    double total = length(bump);
    for (int i = 0; i < bump.length; i++) {
      bump[i] /= total;
    }
    return bump;
  }

  /** A pyramid of rings around the middle whose sum of inverse squares rises inwards. */
  private static double hill(int along, int across, int length, int width) {
    int n = Math.max(length, width) / 2;
    int rings = n - Math.max(Math.abs(along - length / 2), Math.abs(across - width / 2));
    double sum = 0;
    for (int k = 0; k <= rings; k++) {
      sum += 1.0 / ((n + 1 - k) * (n + 1 - k));
    }
    return sum;
  }

  private static double length(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v * v;
    }
    return Math.sqrt(sum);
  }
}
