package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.query.Canvas;
import org.safety4j.attacks.engine.query.Edits;
import org.safety4j.attacks.engine.query.Mutation;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;

/** Steps forth and back along the directions of a basis, each direction once. */
final class BasisSteps implements Mutation {
  private static final int LOWEST = 8;
  private final Canvas canvas;
  private final Simba.Basis basis;
  private final double step;
  private final Ball ball;
  private final int[] order;
  private int next;
  private boolean back;

  BasisSteps(Canvas canvas, Simba.Basis basis, double step, Ball ball) {
    this.canvas = canvas;
    this.basis = basis;
    this.step = step;
    this.ball = ball;
    this.order = basis == Simba.Basis.DCT ? lowFirst() : all();
  }

  private int[] all() {
    int[] places = new int[canvas.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = i;
    }
    shuffle(places, 0, places.length);
    return places;
  }

  /** Frequencies in blocks of growing side, each block's new ones in random order. */
  private int[] lowFirst() {
    int[] places = new int[canvas.size()];
    int count = 0;
    int height = Math.max(1, canvas.height() / LOWEST);
    int width = Math.max(1, canvas.width() / LOWEST);
    int oldHeight = 0;
    int oldWidth = 0;
    while (count < places.length) {
      int from = count;
      for (int c = 0; c < canvas.channels(); c++) {
        for (int y = 0; y < height; y++) {
          for (int x = 0; x < width; x++) {
            if (y >= oldHeight || x >= oldWidth) {
              places[count++] = canvas.place(c, y, x);
            }
          }
        }
      }
      shuffle(places, from, count);
      oldHeight = height;
      oldWidth = width;
      height = Math.min(canvas.height(), 2 * height);
      width = Math.min(canvas.width(), 2 * width);
    }
    return places;
  }

  private void shuffle(int[] values, int from, int to) {
    for (int i = to - 1; i > from; i--) {
      int j = from + canvas.random().nextInt(i - from + 1);
      int swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
  }

  @Override
  public boolean propose(int asked, Edits into) {
    while (next < order.length) {
      into.clear();
      write(order[next], back ? -step : step, into);
      if (into.changeSomething() && roomFor(into)) {
        return true;
      }
      tried(false);
    }
    return false;
  }

  @Override
  public void judged(boolean kept) {
    tried(kept);
  }

  private void tried(boolean kept) {
    if (kept || back) {
      next++;
      back = false;
    } else {
      back = true;
    }
  }

  private void write(int direction, double length, Edits into) {
    if (basis == Simba.Basis.PIXEL) {
      set(direction, length, into);
      return;
    }
    int height = canvas.height();
    int width = canvas.width();
    int channel = direction / (height * width);
    int v = direction / width % height;
    int u = direction % width;
    double[] across = new double[width];
    for (int x = 0; x < width; x++) {
      across[x] = cosine(u, x, width);
    }
    for (int y = 0; y < height; y++) {
      double row = length * cosine(v, y, height);
      for (int x = 0; x < width; x++) {
        set(canvas.place(channel, y, x), row * across[x], into);
      }
    }
  }

  /** Entry of the orthonormal DCT-II. */
  private static double cosine(int frequency, int at, int length) {
    double scale = Math.sqrt((frequency == 0 ? 1.0 : 2.0) / length);
    return scale * Math.cos(Math.PI * frequency * (2 * at + 1) / (2.0 * length));
  }

  private void set(int place, double move, Edits into) {
    double value = canvas.current(place) + move;
    if (ball.norm() == Norm.LINF) {
      double center = canvas.original(place);
      value = Math.max(center - ball.epsilon(), Math.min(center + ball.epsilon(), value));
    }
    into.set(place, Canvas.box(value));
  }

  private boolean roomFor(Edits edits) {
    return ball.norm() != Norm.L2
        || QueryRecipes.isEverywhere(ball)
        || edits.distanceL2() <= ball.epsilon();
  }
}
