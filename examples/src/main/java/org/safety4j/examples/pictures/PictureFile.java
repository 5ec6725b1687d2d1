package org.safety4j.examples.pictures;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.UUID;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import org.safety4j.core.error.InvalidDataFile;
import org.w3c.dom.NodeList;

/**
 * Reads pictures of unknown origin, and writes PNG files that say who made them, so that no other
 * file is ever written over.
 */
public final class PictureFile {
  private static final long MAX_PIXELS = 64_000_000;
  private static final String PNG_METADATA = "javax_imageio_png_1.0";
  private static final String KEYWORD = "Software";
  private static final String MAKER = "Safety4J";

  private PictureFile() {}

  /**
   * Reads a picture.
   *
   * @param file a PNG, JPEG, GIF or BMP file
   * @return the picture
   * @throws InvalidDataFile if it is missing, is no picture, is damaged, or has more than 64
   *     million pixels
   */
  public static BufferedImage read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidDataFile(file + ": no such file");
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new InvalidDataFile(file + ": not a picture that can be read; PNG and JPEG are");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MAX_PIXELS) {
          throw new InvalidDataFile(
              file + ": " + pixels + " pixels are more than the " + MAX_PIXELS + " allowed");
        }
        return reader.read(0);
      } finally {
        reader.dispose();
      }
    } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new InvalidDataFile(file + ": damaged picture: " + e.getMessage(), e);
    }
  }

  /**
   * Checks that a file may be written: it does not exist, or is a picture that {@link #write} made.
   *
   * @param file the file
   * @throws InvalidDataFile if something else is there, or its folder is not
   */
  public static void requireWritable(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new InvalidDataFile(file + ": its folder is not there");
    }
    if (Files.exists(file) && !isOurs(file)) {
      throw new InvalidDataFile(
          file + ": is there already and was not made by Safety4J; name another file");
    }
  }

  /**
   * Writes a picture as PNG, all or nothing.
   *
   * @param picture the picture
   * @param file the file, made or, if it is a picture that this method made, replaced
   * @throws InvalidDataFile if something else is there, or it cannot be written
   */
  public static void write(BufferedImage picture, Path file) {
    requireWritable(file);
    Path target = file.toAbsolutePath();
    Path temporary = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      try {
        Files.write(temporary, png(picture), StandardOpenOption.CREATE_NEW);
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new InvalidDataFile(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Makes a picture of an image.
   *
   * @param image float32 {@code [1, C, H, W]}, C being 1 or 3; values outside of [0, 1] are cut off
   * @return the picture
   */
  public static BufferedImage of(NDArray image) {
    Shape shape = image.getShape();
    int channels = (int) shape.get(1);
    int height = (int) shape.get(2);
    int width = (int) shape.get(3);
    float[] values = image.toFloatArray();
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int plane = height * width;
    for (int i = 0; i < plane; i++) {
      int rgb = 0;
      for (int c = 0; c < 3; c++) {
        float value = values[(channels == 1 ? 0 : c) * plane + i];
        rgb = rgb << 8 | Math.round(255 * Math.max(0, Math.min(1, value)));
      }
      picture.setRGB(i % width, i / width, rgb);
    }
    return picture;
  }

  private static byte[] png(BufferedImage picture) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    IIOMetadata metadata =
        writer.getDefaultImageMetadata(
            ImageTypeSpecifier.createFromRenderedImage(picture), writer.getDefaultWriteParam());
    IIOMetadataNode entry = new IIOMetadataNode("tEXtEntry");
    entry.setAttribute("keyword", KEYWORD);
    entry.setAttribute("value", MAKER);
    IIOMetadataNode text = new IIOMetadataNode("tEXt");
    text.appendChild(entry);
    IIOMetadataNode root = new IIOMetadataNode(PNG_METADATA);
    root.appendChild(text);
    metadata.mergeTree(PNG_METADATA, root);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(new IIOImage(picture, null, metadata));
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static boolean isOurs(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      IIOMetadata metadata = reader.getImageMetadata(0);
      NodeList entries =
          ((IIOMetadataNode) metadata.getAsTree(PNG_METADATA)).getElementsByTagName("tEXtEntry");
      for (int i = 0; i < entries.getLength(); i++) {
        IIOMetadataNode entry = (IIOMetadataNode) entries.item(i);
        if (entry.getAttribute("keyword").equals(KEYWORD)
            && entry.getAttribute("value").equals(MAKER)) {
          return true;
        }
      }
      return false;
    } catch (IOException | RuntimeException e) {
      return false;
    } finally {
      reader.dispose();
    }
  }
}
