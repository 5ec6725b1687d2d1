package org.safety4j.core.load;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;

/** An 8-bit RGB picture, row by row. */
final class Pixels {
  static final int CHANNELS = 3;

  private final int width;
  private final int height;
  private final byte[] samples;

  Pixels(int width, int height) {
    this.width = width;
    this.height = height;
    this.samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), CHANNELS)];
  }

  /**
   * Copies a picture. Alpha is dropped, gray is repeated: stored samples are taken as they are,
   * where Java's own conversion would apply a gamma curve to gray.
   */
  static Pixels of(BufferedImage image) {
    Pixels pixels = new Pixels(image.getWidth(), image.getHeight());
    if (plainSamples(image.getColorModel(), image.getRaster())) {
      pixels.copySamples(image.getRaster());
    } else {
      pixels.copyColours(image);
    }
    return pixels;
  }

  private static boolean plainSamples(ColorModel model, Raster raster) {
    if (!(model instanceof ComponentColorModel) || model.isAlphaPremultiplied()) {
      return false;
    }
    int bits = raster.getSampleModel().getSampleSize(0);
    int space = model.getColorSpace().getType();
    return (bits == 8 || bits == 16)
        && (space == ColorSpace.TYPE_GRAY || space == ColorSpace.TYPE_RGB);
  }

  private void copySamples(Raster raster) {
    boolean gray = raster.getNumBands() < CHANNELS;
    int shift = raster.getSampleModel().getSampleSize(0) - 8;
    int[] row = new int[width * raster.getNumBands()];
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int at = x * raster.getNumBands();
        for (int c = 0; c < CHANNELS; c++) {
          set(x, y, c, row[gray ? at : at + c] >> shift);
        }
      }
    }
  }

  private void copyColours(BufferedImage image) {
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++) {
        set(x, y, 0, row[x] >> 16 & 0xff);
        set(x, y, 1, row[x] >> 8 & 0xff);
        set(x, y, 2, row[x] & 0xff);
      }
    }
  }

  /** Replaces every colour by its luma (ITU-R 601-2), in place. */
  void toGray() {
    for (int i = 0; i < samples.length; i += CHANNELS) {
      int red = samples[i] & 0xff;
      int green = samples[i + 1] & 0xff;
      int blue = samples[i + 2] & 0xff;
      byte luma = (byte) (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000 >> 16);
      samples[i] = luma;
      samples[i + 1] = luma;
      samples[i + 2] = luma;
    }
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  int get(int x, int y, int channel) {
    return samples[(y * width + x) * CHANNELS + channel] & 0xff;
  }

  void set(int x, int y, int channel, int value) {
    samples[(y * width + x) * CHANNELS + channel] = (byte) value;
  }

  /** Cuts out the middle; where the picture is smaller than that, black surrounds it. */
  Pixels centreCrop(int cropWidth, int cropHeight) {
    Pixels out = new Pixels(cropWidth, cropHeight);
    int left = offset(width, cropWidth);
    int top = offset(height, cropHeight);
    for (int y = Math.max(0, -top); y < cropHeight && y + top < height; y++) {
      for (int x = Math.max(0, -left); x < cropWidth && x + left < width; x++) {
        for (int c = 0; c < CHANNELS; c++) {
          out.set(x, y, c, get(x + left, y + top, c));
        }
      }
    }
    return out;
  }

  /** Where the crop begins in the picture: negative where it begins outside. */
  private static int offset(int size, int crop) {
    return crop <= size ? (size - crop) / 2 : -((crop - size + 1) / 2);
  }
}
