package org.safety4j.attacks.vision.adversarial;

import java.util.SplittableRandom;
import org.safety4j.attacks.engine.query.Canvas;
import org.safety4j.attacks.engine.query.Edits;
import org.safety4j.attacks.engine.query.Mutation;

/** A set of pixels with extreme colours, of which some are exchanged for others. */
final class SparsePixels implements Mutation {
  private final Canvas canvas;
  private final double share;

  /** Pixel numbers; the first {@code count} are the set. */
  private final int[] pixels;

  private final int count;
  private int exchanged;

  SparsePixels(Canvas canvas, int count, double share) {
    this.canvas = canvas;
    this.share = share;
    this.count = count;
    this.pixels = new int[canvas.height() * canvas.width()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i;
    }
    shuffle(0, count, pixels.length);
  }

  /** Puts a random choice of the range's entries at its front. */
  private void shuffle(int from, int chosen, int to) {
    SplittableRandom random = canvas.random();
    for (int i = from; i < from + chosen; i++) {
      swap(i, i + random.nextInt(to - i));
    }
  }

  private void swap(int i, int j) {
    int swapped = pixels[i];
    pixels[i] = pixels[j];
    pixels[j] = swapped;
  }

  @Override
  public void start(Edits into) {
    for (int i = 0; i < count; i++) {
      colour(pixels[i], into);
    }
  }

  @Override
  public boolean propose(int step, Edits into) {
    long wanted = Math.round(SparseRs.shareAt(share, step, canvas.limit()) * count);
    int some = (int) Math.max(1, wanted);
    exchanged = Math.min(some, pixels.length - count);
    shuffle(0, some, count);
    shuffle(count, exchanged, pixels.length);
    for (int i = 0; i < some; i++) {
      if (i < exchanged) {
        restore(pixels[i], into);
        colour(pixels[count + i], into);
      } else {
        colour(pixels[i], into);
      }
    }
    return true;
  }

  @Override
  public void judged(boolean kept) {
    for (int i = 0; kept && i < exchanged; i++) {
      swap(i, count + i);
    }
  }

  private void colour(int pixel, Edits into) {
    for (int c = 0; c < canvas.channels(); c++) {
      into.set(c * pixels.length + pixel, canvas.random().nextInt(2));
    }
  }

  private void restore(int pixel, Edits into) {
    for (int c = 0; c < canvas.channels(); c++) {
      int place = c * pixels.length + pixel;
      into.set(place, canvas.original(place));
    }
  }
}
