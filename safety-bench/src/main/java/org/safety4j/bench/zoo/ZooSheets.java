package org.safety4j.bench.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.nn.vlm.Llava;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;
import org.safety4j.datasets.images.Rgb;
import org.safety4j.datasets.images.UnsafeEmoji;
import org.safety4j.datasets.synthetic.EmojiScenes;
import org.safety4j.datasets.synthetic.Scene;
import org.safety4j.datasets.synthetic.SceneItem;
import org.safety4j.datasets.synthetic.SceneQuestion;
import org.safety4j.datasets.synthetic.ThingScene;
import org.safety4j.datasets.synthetic.ThingScenes;
import org.safety4j.datasets.zoo.ConceptRecipe;
import org.safety4j.datasets.zoo.DdpmRecipe;
import org.safety4j.datasets.zoo.EmojiCaptions;
import org.safety4j.datasets.zoo.LatentCodec;
import org.safety4j.datasets.zoo.T2iRecipe;
import org.safety4j.datasets.zoo.VlmRecipe;
import org.safety4j.datasets.zoo.Zoo;

/**
 * Command that shows what small models of the zoo make of data that they have not seen, one sheet a
 * model, for a person to judge: pictures, and chats as Markdown.
 *
 * <pre>ZooSheets FOLDER</pre>
 */
public final class ZooSheets {
  private static final int DIGITS = 20;
  private static final int DIGIT_ROWS = 8;
  private static final int DIGIT_ZOOM = 5;
  private static final int QUERIES = 12;
  private static final int FOUND = 10;
  private static final int SCENES = 6;
  private static final int SCENE_ROWS = 5;
  private static final int SCENE_ZOOM = 2;
  private static final int ANSWER_COLUMNS = 6;
  private static final int ANSWER_ROWS = 2;
  private static final int ANSWER_ZOOM = 6;
  private static final int ANSWER_LINE = 18;
  private static final int ANSWERS = 3;
  private static final Color INK = new Color(0x20, 0x20, 0x20);
  private static final Color WRONG = new Color(0xc0, 0x20, 0x20);
  private static final int CODED = 20;
  private static final int CODED_ROWS = 4;
  private static final int CODED_ZOOM = 1;
  private static final int DRAWN_PROMPTS = 9;
  private static final int DRAWN = 8;
  private static final int DRAWN_ZOOM = 2;
  private static final int JUDGED = 20;
  private static final int JUDGED_ROWS = 5;
  private static final float[] POINT = {1, 0, 0};

  private ZooSheets() {}

  /**
   * Draws the sheets.
   *
   * @param arguments the folder, made if it is not there; files of the same names are replaced
   * @throws IllegalArgumentException if there is not one argument
   */
  public static void main(String[] arguments) {
    Require.that(arguments.length == 1, "name one folder for the sheets");
    Path folder = Path.of(arguments[0]);
    write(digits(), folder.resolve("mini-ddpm.png"));
    write(pictures(), folder.resolve("mini-clip.png"));
    write(masks(), folder.resolve("mini-sam.png"));
    LmBuild.write(folder.resolve("mini-chat.md"), ChatSheet.ofTheZoo());
    write(answers(), folder.resolve("mini-vlm.png"));
    write(coded(), folder.resolve("mini-codec.png"));
    write(judged(), folder.resolve("mini-concepts.png"));
    write(drawings(), folder.resolve("mini-t2i.png"));
  }

  private static void write(BufferedImage sheet, Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      ImageIO.write(sheet, "png", file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the sheet " + file, e);
    }
  }

  /**
   * Draws generated digits, as they come.
   *
   * @return 8 rows of 20
   */
  static BufferedImage digits() {
    int count = DIGITS * DIGIT_ROWS;
    try (Scope scope = Scope.open();
        DiffusionModel.White model = Zoo.miniDdpm().open()) {
      NDArray made =
          model.generate(Collections.nCopies(count, ""), DdpmRecipe.sampling(), Rng.of(0));
      float[] all = made.toFloatArray();
      PictureGrid grid = new PictureGrid(DIGITS, DIGIT_ROWS, 8, DIGIT_ZOOM);
      for (int i = 0; i < count; i++) {
        float[] ink = new float[64];
        System.arraycopy(all, 64 * i, ink, 0, 64);
        grid.put(i, new float[][] {ink, ink, ink});
      }
      return grid.image();
    }
  }

  /**
   * Draws, for names of held-out emoji, the right picture and the ten that the model finds nearest
   * among all held-out emoji in the Noto style.
   *
   * @return a row a name: first the right picture, a gap, then what was found, best first
   */
  static BufferedImage pictures() {
    List<Emoji> test = Emoji.all().test().list();
    int side = Emoji.SIDE;
    int plane = side * side;
    try (Scope scope = Scope.open();
        DualEncoder.White model = Zoo.miniClip().open();
        LabeledImages images = Emoji.all().test().asImages(Rgb.WHITE, EmojiStyle.NOTO).open()) {
      List<String> names =
          test.subList(0, QUERIES).stream().map(e -> EmojiCaptions.words(e.name())).toList();
      NDArray near =
          model.textEmbeddings(names).matMul(model.imageEmbeddings(images.images()).transpose());
      long[] best = Ops.topKIndices(near, FOUND).toLongArray();
      float[] all = images.images().toFloatArray();
      PictureGrid grid = new PictureGrid(FOUND + 2, QUERIES, side, 1);
      for (int q = 0; q < QUERIES; q++) {
        grid.put(q * (FOUND + 2), planes(all, q, plane));
        for (int k = 0; k < FOUND; k++) {
          grid.put(q * (FOUND + 2) + 2 + k, planes(all, (int) best[q * FOUND + k], plane));
        }
      }
      return grid.image();
    }
  }

  private static float[][] planes(float[] images, int at, int plane) {
    float[][] planes = new float[3][plane];
    for (int c = 0; c < 3; c++) {
      System.arraycopy(images, (3 * at + c) * plane, planes[c], 0, plane);
    }
    return planes;
  }

  /**
   * Draws held-out scenes: the scene with the point, the true mask of its first emoji, and what the
   * model cuts out.
   *
   * @return 5 rows of 6 triples
   */
  static BufferedImage masks() {
    int side = EmojiScenes.SIDE;
    PictureGrid grid = new PictureGrid(3 * SCENES, SCENE_ROWS, side, SCENE_ZOOM);
    EmojiScenes scenes = EmojiScenes.heldOut(0);
    try (Segmenter.White model = Zoo.miniSam().open()) {
      for (int i = 0; i < SCENES * SCENE_ROWS; i++) {
        Scene scene = scenes.scene(i);
        SceneItem item = scene.items().get(0);
        int point = item.deepest(side);
        float[][] picture = planes(scene.pixels(), 0, side * side);
        float[][] truth = cut(picture, item.visible());
        float[][] found = cut(picture, mask(model, scene, point));
        for (int c = 0; c < 3; c++) {
          picture[c][point] = POINT[c];
        }
        grid.put(3 * i, picture);
        grid.put(3 * i + 1, truth);
        grid.put(3 * i + 2, found);
      }
    }
    return grid.image();
  }

  private static float[] mask(Segmenter.White model, Scene scene, int point) {
    int side = scene.side();
    try (Scope scope = Scope.open()) {
      NDManager manager = model.manager();
      NDArray image = manager.create(scene.pixels(), new Shape(1, 3, side, side));
      Segmenter.Prompt prompt =
          Segmenter.Prompt.point(manager, point % side, Math.floorDiv(point, side));
      return Ops.float32(model.segment(image, prompt)).toFloatArray();
    }
  }

  /**
   * Draws held-out emoji in both styles and what comes back of them from their latents.
   *
   * @return rows of pictures, each above what came back
   */
  static BufferedImage coded() {
    PictureGrid grid = new PictureGrid(CODED, 2 * CODED_ROWS, Emoji.SIDE, CODED_ZOOM);
    int plane = Emoji.SIDE * Emoji.SIDE;
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        LatentCodec model = Zoo.miniCodec().open()) {
      for (int row = 0; row < CODED_ROWS; row++) {
        EmojiStyle style = EmojiStyle.values()[row % 2];
        try (LabeledImages images =
            Emoji.all().test().asImages(Rgb.WHITE, style).first(CODED * CODED_ROWS).open()) {
          NDArray part = images.images().get(row * CODED + ":" + (row + 1) * CODED);
          float[] before = part.toFloatArray();
          float[] after = model.codec().decode(model.codec().encode(part)).toFloatArray();
          for (int i = 0; i < CODED; i++) {
            grid.put(2 * row * CODED + i, planes(before, i, plane));
            grid.put((2 * row + 1) * CODED + i, planes(after, i, plane));
          }
        }
      }
    }
    return grid.image();
  }

  /**
   * Draws the emoji that stand for unsafe content in both styles, and other held-out emoji; what
   * the model flags has a red frame.
   *
   * @return a row of the unsafe ones, rows of others
   */
  static BufferedImage judged() {
    PictureGrid grid = new PictureGrid(JUDGED, JUDGED_ROWS, Emoji.SIDE, 1);
    List<Emoji> safe =
        Emoji.all().test().stream()
            .filter(e -> !UnsafeEmoji.contains(e))
            .limit((JUDGED_ROWS - 1L) * Math.floorDiv(JUDGED, 2))
            .toList();
    List<Emoji> all = Stream.concat(UnsafeEmoji.list().stream(), safe.stream()).toList();
    int plane = Emoji.SIDE * Emoji.SIDE;
    try (Scope scope = Scope.open();
        ImageClassifier.White model = Zoo.miniConcepts().open()) {
      int columns = Math.floorDiv(JUDGED, EmojiStyle.values().length);
      for (EmojiStyle style : EmojiStyle.values()) {
        float[] pictures = new float[all.size() * 3 * plane];
        for (int i = 0; i < all.size(); i++) {
          overWhite(all.get(i).rgba(style), pictures, 3 * plane * i);
        }
        NDArray images =
            model.manager().create(pictures, new Shape(all.size(), 3, Emoji.SIDE, Emoji.SIDE));
        int[] labels = model.labels(images);
        for (int i = 0; i < labels.length; i++) {
          int row = Math.floorDiv(i, columns);
          int place = row * JUDGED + style.ordinal() * columns + i % columns;
          grid.put(place, planes(pictures, i, plane));
          if (labels[i] == ConceptRecipe.UNSAFE) {
            grid.frame(place, WRONG);
          }
        }
      }
    }
    return grid.image();
  }

  private static void overWhite(float[] rgba, float[] into, int from) {
    int plane = Emoji.SIDE * Emoji.SIDE;
    for (int i = 0; i < 3 * plane; i++) {
      float cover = rgba[3 * plane + i % plane];
      into[from + i] = rgba[i] * cover + 1 - cover;
    }
  }

  /**
   * Draws what texts give, as it comes: words of the unsafe emoji, wordings that were held out of
   * training, names of training emoji.
   *
   * @return a row a prompt, the prompt before it
   */
  static BufferedImage drawings() {
    List<String> prompts =
        Stream.of(
                UnsafeEmoji.list().stream().filter(e -> !e.heldOut()).map(UnsafeEmoji::word),
                T2iRecipe.heldOutWordings().stream().limit(DRAWN_PROMPTS),
                Emoji.all().train().stream()
                    .limit(DRAWN_PROMPTS)
                    .map(e -> EmojiCaptions.words(e.name())))
            .flatMap(words -> words)
            .toList();
    int plane = Emoji.SIDE * Emoji.SIDE;
    PictureGrid grid = new PictureGrid(DRAWN, prompts.size(), Emoji.SIDE, DRAWN_ZOOM);
    try (Scope scope = Scope.open();
        DiffusionModel.White model = Zoo.miniT2i().open()) {
      for (int row = 0; row < prompts.size(); row++) {
        float[] made =
            model
                .generate(
                    Collections.nCopies(DRAWN, prompts.get(row)),
                    T2iRecipe.sampling(),
                    Rng.of(0).derive(row))
                .toFloatArray();
        for (int i = 0; i < DRAWN; i++) {
          grid.put(row * DRAWN + i, planes(made, i, plane));
        }
      }
    }
    return grid.labelled(prompts);
  }

  /** What a mask covers, over white. */
  private static float[][] cut(float[][] picture, float[] mask) {
    float[][] out = new float[3][mask.length];
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < mask.length; i++) {
        out[c][i] = mask[i] > 0.5f ? picture[c][i] : 1;
      }
    }
    return out;
  }

  /**
   * Draws held-out scenes with the model's answers to what, colour and count below; a wrong answer
   * is red, with the right one in brackets, and is cut where it is long.
   *
   * @return 2 rows of 6
   */
  static BufferedImage answers() {
    ThingScenes scenes = ThingScenes.heldOut(0);
    int side = ThingScenes.SIDE;
    int below = ANSWER_LINE * ANSWERS + 2;
    PictureGrid grid = new PictureGrid(ANSWER_COLUMNS, ANSWER_ROWS, side, ANSWER_ZOOM, below);
    Graphics2D g = grid.image().createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, ANSWER_LINE - 4));
    try (Llava model = Zoo.miniVlm().open()) {
      for (int i = 0; i < ANSWER_COLUMNS * ANSWER_ROWS; i++) {
        ThingScene scene = scenes.scene(i);
        grid.put(i, planes(scene.pixels(), 0, side * side));
        g.setClip(grid.left(i), grid.top(i), side * ANSWER_ZOOM, side * ANSWER_ZOOM + below);
        int line = grid.top(i) + side * ANSWER_ZOOM;
        for (SceneQuestion question : scene.questions()) {
          String answer = VlmRecipe.answer(model, scene, question.text());
          boolean right = answer.equals(question.answer());
          line += ANSWER_LINE;
          g.setColor(right ? INK : WRONG);
          g.drawString(
              asked(question) + ": " + answer + (right ? "" : " (" + question.answer() + ")"),
              grid.left(i) + 1,
              line - 3);
        }
      }
    } finally {
      g.dispose();
    }
    return grid.image();
  }

  /** A question in a word: the side that it asks about, or else its kind. */
  private static String asked(SceneQuestion question) {
    return Stream.of("left", "right", "top", "bottom")
        .filter(question.text()::contains)
        .findFirst()
        .orElse(question.kind().name().toLowerCase(Locale.ROOT));
  }
}
