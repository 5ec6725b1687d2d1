package org.safety4j.attacks.engine.query;

import java.util.SplittableRandom;

/**
 * Images far from an original to start a walk from, in a fixed order: uniform noise first, then the
 * complement of the original, then noise of coarser and coarser cells down to a single colour, with
 * uniform and with extreme values in turn.
 */
final class Starts {
  private static final int[] CELLS = {1, 2, 4, 8, Integer.MAX_VALUE};

  private Starts() {}

  /**
   * Draws one image.
   *
   * @param attempt its number, from 0
   * @param original the original's values, in {@code [C, H, W]} order
   * @param channels C
   * @param height H
   * @param width W
   * @param random the sample's own generator
   * @return the values
   */
  static float[] draw(
      int attempt, float[] original, int channels, int height, int width, SplittableRandom random) {
    float[] image = new float[original.length];
    if (attempt == 1) {
      for (int i = 0; i < image.length; i++) {
        image[i] = 1 - original[i];
      }
      return image;
    }
    int turn = attempt == 0 ? 0 : attempt - 1;
    int cell = Math.min(CELLS[turn % CELLS.length], Math.max(height, width));
    boolean extreme = turn / CELLS.length % 2 == 1;
    int columns = (width + cell - 1) / cell;
    int rows = (height + cell - 1) / cell;
    for (int c = 0; c < channels; c++) {
      float[] values = new float[rows * columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = extreme ? random.nextInt(2) : (float) random.nextDouble();
      }
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          image[(c * height + y) * width + x] = values[y / cell * columns + x / cell];
        }
      }
    }
    return image;
  }
}
