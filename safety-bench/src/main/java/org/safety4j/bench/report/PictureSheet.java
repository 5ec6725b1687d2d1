package org.safety4j.bench.report;

import ai.djl.ndarray.types.Shape;
import java.awt.Color;
import java.awt.Desktop;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.GraphicsEnvironment;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;

/**
 * Draws an attack's images side by side: original, adversarial image, and their difference,
 * amplified.
 */
public final class PictureSheet {
  private static final int MOST = 48;
  private static final int CELL = 96;
  private static final int GAP = 8;
  private static final int CAPTION = 18;
  private static final int COLUMNS = 4;
  private static final Color PAPER = new Color(0xf7f7f5);
  private static final Color INK = new Color(0x333333);
  private static final Color FELL = new Color(0xb3261e);

  private PictureSheet() {}

  /**
   * Draws a sheet of at most 48 samples.
   *
   * @param result the attack's result
   * @param originals what was attacked
   * @return the picture; a caption names the class before and after, red where the attack succeeded
   * @throws IllegalArgumentException if the result is not of these images
   */
  public static BufferedImage draw(EvasionResult result, LabeledImages originals) {
    Shape shape = originals.images().getShape();
    Require.that(
        shape.equals(result.adversarials().getShape()),
        "the result has images " + result.adversarials().getShape() + ", the data set " + shape);
    int n = Math.min(MOST, originals.size());
    float[] clean = originals.images().toFloatArray();
    float[] moved = result.adversarials().toFloatArray();
    int rows = (n + COLUMNS - 1) / COLUMNS;
    int groupWidth = 3 * CELL + 2 * GAP;
    int width = Math.min(n, COLUMNS) * (groupWidth + 3 * GAP) + GAP;
    int height = Math.max(1, rows) * (CELL + CAPTION + 2 * GAP) + GAP;
    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    g.setColor(PAPER);
    g.fillRect(0, 0, width, height);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    int size = Math.toIntExact(shape.size() / Math.max(1, shape.get(0)));
    for (int i = 0; i < n; i++) {
      int x = 2 * GAP + (i % COLUMNS) * (groupWidth + 3 * GAP);
      int y = GAP + (i / COLUMNS) * (CELL + CAPTION + 2 * GAP);
      float[] difference = amplified(clean, moved, i * size, size);
      cell(g, image(clean, i * size, shape), x, y);
      cell(g, image(moved, i * size, shape), x + CELL + GAP, y);
      cell(g, image(difference, 0, shape), x + 2 * (CELL + GAP), y);
      EvasionResult.Sample sample = result.sample(i);
      g.setColor(sample.success() ? FELL : INK);
      g.drawString(caption(sample, originals.classNames()), x, y + CELL + CAPTION - 4);
    }
    g.dispose();
    return sheet;
  }

  /**
   * Writes a sheet.
   *
   * @param result the attack's result
   * @param originals what was attacked
   * @param file a PNG file, replaced if it is there
   * @return the file
   */
  public static Path write(EvasionResult result, LabeledImages originals, Path file) {
    try {
      ImageIO.write(draw(result, originals), "png", file.toFile());
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the picture sheet " + file, e);
    }
  }

  /**
   * Writes a sheet to a temporary file and opens it where there is a desktop.
   *
   * @param result the attack's result
   * @param originals what was attacked
   * @return the file
   */
  public static Path show(EvasionResult result, LabeledImages originals) {
    try {
      Path file = write(result, originals, Files.createTempFile("safety4j-", ".png"));
      if (!GraphicsEnvironment.isHeadless()
          && Desktop.isDesktopSupported()
          && Desktop.getDesktop().isSupported(Desktop.Action.OPEN)) {
        Desktop.getDesktop().open(file.toFile());
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot show the picture sheet", e);
    }
  }

  private static String caption(EvasionResult.Sample sample, List<String> names) {
    return name(sample.before(), names)
        + (sample.after() == sample.before()
            ? " stays"
            : " becomes " + name(sample.after(), names));
  }

  private static String name(int label, List<String> names) {
    return label < 0
        ? "rejected"
        : label < names.size() ? names.get(label) : Integer.toString(label);
  }

  /** Grey where nothing changed; the largest change of the sample reaches black or white. */
  private static float[] amplified(float[] clean, float[] moved, int from, int size) {
    float[] difference = new float[size];
    float largest = 0;
    for (int i = 0; i < size; i++) {
      difference[i] = moved[from + i] - clean[from + i];
      largest = Math.max(largest, Math.abs(difference[i]));
    }
    float scale = largest == 0 ? 0 : 0.5f / largest;
    for (int i = 0; i < size; i++) {
      difference[i] = 0.5f + scale * difference[i];
    }
    return difference;
  }

  private static BufferedImage image(float[] pixels, int from, Shape shape) {
    int channels = Math.toIntExact(shape.get(1));
    int height = Math.toIntExact(shape.get(2));
    int width = Math.toIntExact(shape.get(3));
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          int plane = channels == 3 ? c : 0;
          float value = pixels[from + (plane * height + y) * width + x];
          rgb = rgb << 8 | Math.round(255 * Math.min(1, Math.max(0, value)));
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  private static void cell(Graphics2D g, BufferedImage image, int x, int y) {
    double scale = Math.min((double) CELL / image.getWidth(), (double) CELL / image.getHeight());
    int w = (int) Math.round(scale * image.getWidth());
    int h = (int) Math.round(scale * image.getHeight());
    g.drawImage(image, x + (CELL - w) / 2, y + (CELL - h) / 2, w, h, null);
  }
}
