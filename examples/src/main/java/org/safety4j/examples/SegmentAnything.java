package org.safety4j.examples;

import ai.djl.ndarray.NDArray;
import java.awt.image.BufferedImage;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.safety4j.core.load.ImagePreprocessor;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.tensor.Scope;
import org.safety4j.examples.pictures.PictureFile;

/** Cuts out of a picture what a point lies on, and writes it as a mask. */
public final class SegmentAnything {
  private static final String USAGE =
      """
      SegmentAnything MODEL PICTURE X Y [--out FILE]: cuts out what a point lies on.

        MODEL       a Hugging Face folder of SAM
        PICTURE     a PNG or JPEG file
        X Y         the point, in pixels of the picture from its top left
        --out FILE  the mask, a PNG file of the picture's size: white is the object (mask.png)
      """;

  private SegmentAnything() {}

  /**
   * Runs the example; ends the process with 2 if the arguments or what they name are wrong.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    int code = run(args, System.out, System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    return Arguments.run(
        USAGE,
        List.of("MODEL, a folder of SAM,", "PICTURE", "X", "Y"),
        Set.of("--out"),
        args,
        out,
        err,
        arguments -> {
          Path target = arguments.path("--out", "mask.png");
          double x = arguments.number(2, "X");
          double y = arguments.number(3, "Y");
          PictureFile.requireWritable(target);
          BufferedImage picture = PictureFile.read(arguments.path(1));
          if (x < 0 || y < 0 || x >= picture.getWidth() || y >= picture.getHeight()) {
            throw new Arguments.Wrong(
                "the point must lie in the picture of "
                    + picture.getWidth()
                    + "x"
                    + picture.getHeight()
                    + " pixels");
          }
          try (Segmenter.White model = Models.segmenter(arguments.path(0))) {
            BufferedImage mask = mask(model, Models.preprocessor(arguments.path(0)), picture, x, y);
            PictureFile.write(mask, target);
            out.println(target + ": " + share(mask));
          }
        });
  }

  /** The model sees the picture resized to its upper left; its mask is brought back from there. */
  private static BufferedImage mask(
      Segmenter.White model,
      ImagePreprocessor preprocessor,
      BufferedImage picture,
      double x,
      double y) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    ImagePreprocessor.Size inside = preprocessor.resized(new ImagePreprocessor.Size(width, height));
    double right = (double) inside.width() / width;
    double down = (double) inside.height() / height;
    try (Scope scope = Scope.open()) {
      NDArray image = preprocessor.prepare(picture, model.manager());
      NDArray found =
          model.segment(image, Segmenter.Prompt.point(model.manager(), x * right, y * down));
      int stride = (int) found.getShape().get(3);
      boolean[] object = found.toBooleanArray();
      BufferedImage mask = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
      for (int row = 0; row < height; row++) {
        for (int column = 0; column < width; column++) {
          int at = (int) ((row + 0.5) * down) * stride + (int) ((column + 0.5) * right);
          mask.getRaster().setSample(column, row, 0, object[at] ? 255 : 0);
        }
      }
      return mask;
    }
  }

  private static String share(BufferedImage mask) {
    int size = mask.getWidth() * mask.getHeight();
    int[] samples =
        mask.getRaster().getSamples(0, 0, mask.getWidth(), mask.getHeight(), 0, new int[size]);
    int white = 0;
    for (int sample : samples) {
      white += sample == 255 ? 1 : 0;
    }
    return String.format(
        Locale.ROOT, "%d of %d pixels (%.1f %%)", white, size, 100.0 * white / size);
  }
}
