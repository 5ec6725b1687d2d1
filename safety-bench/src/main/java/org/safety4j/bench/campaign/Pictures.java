package org.safety4j.bench.campaign;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.safety4j.bench.stats.Example;

/** Turns a few attacked images into small PNG files, bounded in number and size. */
final class Pictures {
  private static final int MOST = 3;
  private static final int LARGEST_SIDE = 256;

  private Pictures() {}

  /** Picks images that were won, of different classes where there are such. */
  static List<Integer> pick(boolean[] won, int[] labels) {
    Set<Integer> seen = new LinkedHashSet<>();
    LinkedHashSet<Integer> picked = new LinkedHashSet<>();
    for (int i = 0; i < won.length && picked.size() < MOST; i++) {
      if (won[i] && seen.add(labels[i])) {
        picked.add(i);
      }
    }
    for (int i = 0; i < won.length && picked.size() < MOST; i++) {
      if (won[i]) {
        picked.add(i);
      }
    }
    return new ArrayList<>(picked);
  }

  /** Whether images of a shape can be shown: one or three channels, and not too large. */
  static boolean showable(Shape image) {
    long channels = image.get(0);
    return (channels == 1 || channels == 3)
        && image.get(1) <= LARGEST_SIDE
        && image.get(2) <= LARGEST_SIDE;
  }

  static Example example(
      int image, int label, int before, int after, NDArray clean, NDArray adversarial) {
    Shape shape = clean.getShape();
    int channels = (int) shape.get(0);
    int height = (int) shape.get(1);
    int width = (int) shape.get(2);
    float[] original = clean.toFloatArray();
    float[] changed = adversarial.toFloatArray();
    float[] difference = new float[original.length];
    float largest = 0;
    for (int i = 0; i < original.length; i++) {
      largest = Math.max(largest, Math.abs(changed[i] - original[i]));
    }
    double scale = largest == 0 ? 1 : 0.5 / largest;
    for (int i = 0; i < original.length; i++) {
      difference[i] = (float) (0.5 + scale * (changed[i] - original[i]));
    }
    return new Example(
        image,
        label,
        before,
        after,
        width,
        height,
        scale,
        png(original, channels, height, width),
        png(changed, channels, height, width),
        png(difference, channels, height, width));
  }

  private static byte[] png(float[] pixels, int channels, int height, int width) {
    BufferedImage picture =
        new BufferedImage(
            width,
            height,
            channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    int plane = height * width;
    int[] sample = new int[channels];
    for (int i = 0; i < plane; i++) {
      for (int c = 0; c < channels; c++) {
        sample[c] = Math.max(0, Math.min(255, Math.round(255 * pixels[c * plane + i])));
      }
      picture.getRaster().setPixel(i % width, i / width, sample);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(picture, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
