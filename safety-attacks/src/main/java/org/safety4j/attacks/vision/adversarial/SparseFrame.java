package org.safety4j.attacks.vision.adversarial;

import java.util.SplittableRandom;
import org.safety4j.attacks.engine.query.Canvas;
import org.safety4j.attacks.engine.query.Edits;
import org.safety4j.attacks.engine.query.Mutation;

/** A frame whose pixels take extreme colours, changed by squares that lie over it. */
final class SparseFrame implements Mutation {
  private final Canvas canvas;
  private final int border;
  private final double share;
  private final int[] pixels;

  SparseFrame(Canvas canvas, int border, double share) {
    this.canvas = canvas;
    this.border = border;
    this.share = share;
    int height = canvas.height();
    int width = canvas.width();
    int inner = Math.max(0, height - 2 * border) * Math.max(0, width - 2 * border);
    this.pixels = new int[height * width - inner];
    int count = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (inFrame(y, x)) {
          pixels[count++] = y * width + x;
        }
      }
    }
  }

  private boolean inFrame(int y, int x) {
    return y < border
        || x < border
        || y >= canvas.height() - border
        || x >= canvas.width() - border;
  }

  @Override
  public void start(Edits into) {
    for (int pixel : pixels) {
      for (int c = 0; c < canvas.channels(); c++) {
        into.set(
            canvas.place(c, pixel / canvas.width(), pixel % canvas.width()),
            canvas.random().nextInt(2));
      }
    }
  }

  @Override
  public boolean propose(int step, Edits into) {
    SplittableRandom random = canvas.random();
    double now = SparseRs.shareAt(share, step, canvas.limit());
    int least = Math.min(canvas.height(), canvas.width());
    int edge = (int) Math.max(1, Math.round(now * least));
    int pixel = pixels[random.nextInt(pixels.length)];
    int top = pixel / canvas.width() - random.nextInt(edge);
    int left = pixel % canvas.width() - random.nextInt(edge);
    for (int c = 0; c < canvas.channels(); c++) {
      float colour = random.nextInt(2);
      for (int y = Math.max(0, top); y < Math.min(canvas.height(), top + edge); y++) {
        for (int x = Math.max(0, left); x < Math.min(canvas.width(), left + edge); x++) {
          if (inFrame(y, x)) {
            into.set(canvas.place(c, y, x), colour);
          }
        }
      }
    }
    return true;
  }
}
