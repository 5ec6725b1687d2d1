package org.safety4j.attacks.vision.adversarial;

import java.util.SplittableRandom;
import org.safety4j.attacks.engine.query.Canvas;
import org.safety4j.attacks.engine.query.Edits;
import org.safety4j.attacks.engine.query.Mutation;

/** Squares at the corners of an Linf ball, from vertical stripes as a start. */
final class SquareLinf implements Mutation {
  private final Canvas canvas;
  private final double epsilon;
  private final double share;

  SquareLinf(Canvas canvas, double epsilon, double share) {
    this.canvas = canvas;
    this.epsilon = epsilon;
    this.share = share;
  }

  @Override
  public void start(Edits into) {
    for (int c = 0; c < canvas.channels(); c++) {
      for (int x = 0; x < canvas.width(); x++) {
        paint(into, c, 0, x, canvas.height(), 1);
      }
    }
  }

  @Override
  public boolean propose(int step, Edits into) {
    if (epsilon == 0) {
      return false;
    }
    int height = canvas.height();
    int width = canvas.width();
    double pixels = Square.shareAt(share, step, canvas.limit()) * height * width;
    int most = Math.max(1, Math.min(height, width) - 1);
    int side = (int) Math.max(1, Math.min(most, Math.round(Math.sqrt(pixels))));
    SplittableRandom random = canvas.random();
    int top = random.nextInt(height - side + 1);
    int left = random.nextInt(width - side + 1);
    for (int c = 0; c < canvas.channels(); c++) {
      paint(into, c, top, left, side, side);
    }
    return true;
  }

  /** Moves a window of the original by plus or minus epsilon. */
  private void paint(Edits into, int channel, int top, int left, int rows, int columns) {
    double move = canvas.random().nextBoolean() ? epsilon : -epsilon;
    for (int y = top; y < top + rows; y++) {
      for (int x = left; x < left + columns; x++) {
        int place = canvas.place(channel, y, x);
        into.set(place, Canvas.box(canvas.original(place) + move));
      }
    }
  }
}
