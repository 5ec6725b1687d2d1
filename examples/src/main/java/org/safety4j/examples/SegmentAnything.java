package org.safety4j.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.safety4j.core.load.ImagePreprocessor;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.tensor.Scope;
import org.safety4j.datasets.synthetic.EmojiScenes;
import org.safety4j.datasets.synthetic.Scene;
import org.safety4j.datasets.synthetic.SceneItem;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.examples.pictures.PictureFile;

/** Cuts out of a picture what a point lies on, and writes it as a mask. */
public final class SegmentAnything {
  private static final String USAGE =
      """
      SegmentAnything [MODEL PICTURE X Y] [OPTIONS]: cuts out what a point lies on.

      Without a model: mini-sam cuts an emoji out of a scene that it has not seen, which is written
      beside the mask.

        MODEL       a Hugging Face folder of SAM
        PICTURE     a PNG or JPEG file
        X Y         the point, in pixels of the picture from its top left
        --out FILE  the mask, a PNG file of the picture's size: white is the object (mask.png)
        --scene N   which of the scenes, without a model (0); it becomes scene.png beside the mask
      """;

  private static final String OUT = "--out";
  private static final String SCENE = "--scene";

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
        List.of("[MODEL]", "[PICTURE]", "[X]", "[Y]"),
        Set.of(OUT, SCENE),
        args,
        out,
        err,
        arguments -> {
          Path target = arguments.path(OUT, "mask.png");
          PictureFile.requireWritable(target);
          if (arguments.has(0)) {
            picture(arguments, target, out);
          } else {
            scene(arguments.integer(SCENE, 0, 0, Long.MAX_VALUE), target, out);
          }
        });
  }

  private static void picture(Arguments arguments, Path target, PrintStream out)
      throws Arguments.Wrong, IOException {
    if (!arguments.has(3)) {
      throw new Arguments.Wrong("MODEL, PICTURE, X and Y are needed together");
    }
    double x = arguments.number(2, "X");
    double y = arguments.number(3, "Y");
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
  }

  /** A held-out scene of the zoo's own, at the point deepest in its first emoji. */
  private static void scene(long number, Path target, PrintStream out) throws IOException {
    Scene scene = EmojiScenes.heldOut(0).scene(number);
    SceneItem item = scene.items().get(0);
    int point = item.deepest(scene.side());
    int x = point % scene.side();
    int y = point / scene.side();
    Path shown = target.resolveSibling("scene.png");
    PictureFile.requireWritable(shown);
    try (Segmenter.White model = Zoo.miniSam().open();
        NDArray image =
            model.manager().create(scene.pixels(), new Shape(1, 3, scene.side(), scene.side()))) {
      PictureFile.write(PictureFile.of(image), shown);
      BufferedImage mask = mask(model, image, scene.side(), scene.side(), x, y, 1, 1);
      PictureFile.write(mask, target);
      out.println(shown + ": " + scene.caption());
      out.printf(
          Locale.ROOT,
          "%s: %s at %d, %d: %s%n",
          target,
          item.emoji().name().toLowerCase(Locale.ROOT),
          x,
          y,
          share(mask));
    }
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
    try (NDArray image = preprocessor.prepare(picture, model.manager())) {
      return mask(model, image, width, height, x, y, right, down);
    }
  }

  /** A mask of a picture's size, of what the model finds in its image at a point of the picture. */
  private static BufferedImage mask(
      Segmenter.White model,
      NDArray image,
      int width,
      int height,
      double x,
      double y,
      double right,
      double down) {
    try (Scope scope = Scope.open()) {
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
