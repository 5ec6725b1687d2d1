package org.safety4j.datasets.images;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.datasets.file.BoundedInput;
import org.safety4j.datasets.file.ReadLimits;

/**
 * One decoded PNG or JPEG picture: samples as stored, without colour management or rotation by
 * EXIF, which is what the usual Python pipelines feed to models.
 *
 * @param height rows
 * @param width columns
 * @param rgba planes R, G, B, A in [0,1], row by row; A is 1 where the file has no transparency
 */
record Picture(int height, int width, float[] rgba) {
  static final int CHANNELS = 4;

  /**
   * Decodes a file. Dimensions are read and checked before any pixel is decoded.
   *
   * @throws InvalidDataFile if the file is absent, damaged, too large, or neither PNG nor JPEG
   */
  static Picture read(Path file, ReadLimits limits) {
    byte[] bytes;
    try (BoundedInput in = BoundedInput.open(file, limits)) {
      bytes = in.rest("the picture");
    }
    return decode(file.toString(), bytes, limits);
  }

  static Picture decode(String name, byte[] file, ReadLimits limits) {
    String format = format(name, file);
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    if (!readers.hasNext()) {
      throw new InvalidDataFile(name + " at byte 0: this Java runtime has no reader for " + format);
    }
    ImageReader reader = readers.next();
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      try {
        reader.setInput(in, true, true);
        requireSize(name, reader.getWidth(0), reader.getHeight(0), limits);
        return of(reader.read(0));
      } catch (IOException | RuntimeException e) {
        if (e instanceof InvalidDataFile known) {
          throw known;
        }
        throw new InvalidDataFile(
            name
                + " at byte "
                + in.getStreamPosition()
                + ": damaged or unusual "
                + format
                + " picture ("
                + e.getMessage()
                + "); save it anew as 8-bit RGB",
            e);
      }
    } catch (IOException e) {
      throw new InvalidDataFile(name + " at byte 0: cannot be read: " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static String format(String name, byte[] file) {
    if (file.length >= 8
        && file[0] == (byte) 0x89
        && file[1] == 'P'
        && file[2] == 'N'
        && file[3] == 'G') {
      return "png";
    }
    if (file.length >= 3
        && file[0] == (byte) 0xff
        && file[1] == (byte) 0xd8
        && file[2] == (byte) 0xff) {
      return "jpeg";
    }
    throw new InvalidDataFile(
        name + " at byte 0: neither a PNG nor a JPEG picture, whatever its name says");
  }

  private static void requireSize(String name, int width, int height, ReadLimits limits) {
    if (width < 1 || height < 1 || (long) width * height > limits.maxPixels()) {
      throw new InvalidDataFile(
          name
              + " at byte 0: picture of "
              + width
              + " x "
              + height
              + " pixels; the limit is "
              + limits.maxPixels()
              + " pixels, raise ReadLimits.maxPixels if the file is to be trusted");
    }
  }

  private static Picture of(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    float[] rgba = new float[CHANNELS * height * width];
    ColorModel model = image.getColorModel();
    if (model instanceof IndexColorModel
        || image.getRaster().getTransferType() == DataBuffer.TYPE_INT) {
      fromPacked(image, rgba);
    } else {
      fromSamples(image.getRaster(), model, rgba);
    }
    return new Picture(height, width, rgba);
  }

  private static void fromPacked(BufferedImage image, float[] rgba) {
    int width = image.getWidth();
    int plane = image.getHeight() * width;
    int[] row = new int[width];
    for (int y = 0, at = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++, at++) {
        rgba[at] = (row[x] >> 16 & 0xff) / 255f;
        rgba[plane + at] = (row[x] >> 8 & 0xff) / 255f;
        rgba[2 * plane + at] = (row[x] & 0xff) / 255f;
        rgba[3 * plane + at] = (row[x] >>> 24) / 255f;
      }
    }
  }

  private static void fromSamples(Raster raster, ColorModel model, float[] rgba) {
    int width = raster.getWidth();
    int plane = raster.getHeight() * width;
    int bands = raster.getNumBands();
    boolean grey = bands < 3;
    boolean alpha = bands == 2 || bands == 4;
    float[] row = new float[width * bands];
    for (int y = 0, at = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++, at++) {
        for (int c = 0; c < 3; c++) {
          int band = grey ? 0 : c;
          rgba[c * plane + at] = row[x * bands + band] / full(model, band);
        }
        rgba[3 * plane + at] = alpha ? row[x * bands + bands - 1] / full(model, bands - 1) : 1;
      }
    }
  }

  private static float full(ColorModel model, int band) {
    return (1 << model.getComponentSize(band)) - 1;
  }

  /** Gives the planes R, G, B over a background, {@code [3, H, W]}. */
  float[] over(Rgb background) {
    return background.under(rgba, height * width);
  }
}
