package org.safety4j.attacks.vision.adversarial;

import java.util.SplittableRandom;
import org.safety4j.attacks.engine.query.Canvas;
import org.safety4j.attacks.engine.query.Edits;
import org.safety4j.attacks.engine.query.Mutation;

/** A square patch whose contents change by squares of one colour, and that moves now and then. */
final class SparsePatch implements Mutation {
  private static final int MOVE_EVERY = 5;
  private final Canvas canvas;
  private final int side;
  private final double share;
  private final int rows;
  private final int columns;
  private final float[] contents;
  private final float[] proposed;
  private int top;
  private int left;
  private int newTop;
  private int newLeft;

  SparsePatch(Canvas canvas, int side, double share) {
    this.canvas = canvas;
    this.side = side;
    this.share = share;
    this.rows = canvas.height() - side + 1;
    this.columns = canvas.width() - side + 1;
    this.contents = new float[canvas.channels() * side * side];
    this.proposed = new float[contents.length];
    this.top = canvas.random().nextInt(rows);
    this.left = canvas.random().nextInt(columns);
    square(contents, side);
    for (int i = 0; i < side; i++) {
      square(contents, Math.max(1, side / 2));
    }
  }

  @Override
  public void start(Edits into) {
    newTop = top;
    newLeft = left;
    System.arraycopy(contents, 0, proposed, 0, contents.length);
    write(into);
  }

  @Override
  public boolean propose(int step, Edits into) {
    double now = SparseRs.shareAt(share, step, canvas.limit());
    newTop = top;
    newLeft = left;
    System.arraycopy(contents, 0, proposed, 0, contents.length);
    if (step % MOVE_EVERY == 0 && rows * columns > 1) {
      newTop = moved(top, rows, now);
      newLeft = moved(left, columns, now);
    } else {
      square(proposed, (int) Math.max(1, Math.round(Math.sqrt(now) * side)));
    }
    write(into);
    return true;
  }

  @Override
  public void judged(boolean kept) {
    if (kept) {
      top = newTop;
      left = newLeft;
      System.arraycopy(proposed, 0, contents, 0, contents.length);
    }
  }

  private int moved(int from, int places, double now) {
    int most = (int) Math.max(1, Math.round(now * places));
    int to = from + canvas.random().nextInt(2 * most + 1) - most;
    return Math.max(0, Math.min(places - 1, to));
  }

  /** Paints a square of one extreme colour somewhere in the patch. */
  private void square(float[] patch, int edge) {
    SplittableRandom random = canvas.random();
    int y0 = random.nextInt(side - edge + 1);
    int x0 = random.nextInt(side - edge + 1);
    for (int c = 0; c < canvas.channels(); c++) {
      float colour = random.nextInt(2);
      for (int y = y0; y < y0 + edge; y++) {
        for (int x = x0; x < x0 + edge; x++) {
          patch[(c * side + y) * side + x] = colour;
        }
      }
    }
  }

  private void write(Edits into) {
    for (int c = 0; c < canvas.channels(); c++) {
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          into.set(canvas.place(c, newTop + y, newLeft + x), proposed[(c * side + y) * side + x]);
          int oldY = top + y;
          int oldX = left + x;
          if (oldY < newTop || oldY >= newTop + side || oldX < newLeft || oldX >= newLeft + side) {
            int place = canvas.place(c, oldY, oldX);
            into.set(place, canvas.original(place));
          }
        }
      }
    }
  }
}
