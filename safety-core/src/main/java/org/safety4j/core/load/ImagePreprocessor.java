package org.safety4j.core.load;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.Require;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.nn.Normalization;

/**
 * What {@code preprocessor_config.json} asks for: how a picture of any size becomes a model's
 * input.
 *
 * <p>The work is split in two. {@link #prepare} resizes, crops and pads 8-bit pixels (as the Python
 * Imaging Library does, to the bit) and gives values in [0,1]; that is what attacks and defenses
 * see. {@link #normalization} is applied inside the model.
 *
 * <p>Understood are the image processors of ViT, DeiT, CLIP, BiT, ConvNeXT (ResNet) and SAM, and
 * files that name none. Immutable and thread-safe.
 */
public final class ImagePreprocessor {
  private static final Set<String> KINDS =
      Set.of("vit", "deit", "clip", "bit", "convnext", "sam", "");
  private static final Set<String> SHORTEST_EDGE = Set.of("clip", "bit", "convnext");
  private static final int MAX_EDGE = 1 << 14;
  private static final int WARPED = 384;

  /**
   * A picture's size.
   *
   * @param width in pixels
   * @param height in pixels
   */
  public record Size(int width, int height) {
    @Override
    public String toString() {
      return width + "x" + height;
    }
  }

  private enum Fit {
    NONE,
    EXACT,
    SHORTEST_EDGE,
    LONGEST_EDGE
  }

  private final Fit fit;
  private final Size size;
  private final Resample filter;
  private final Size crop;
  private final Size pad;
  private final Normalization normalization;

  private ImagePreprocessor(
      Fit fit, Size size, Resample filter, Size crop, Size pad, Normalization normalization) {
    this.fit = fit;
    this.size = size;
    this.filter = filter;
    this.crop = crop;
    this.pad = pad;
    this.normalization = normalization;
  }

  /**
   * Makes a preprocessor that resizes to a fixed size with the bilinear filter.
   *
   * @param width in pixels, at least 1
   * @param height in pixels, at least 1
   * @param normalization what the model does to its input; 1 channel (gray) or 3 (RGB)
   * @return the preprocessor
   * @throws IllegalArgumentException if a size or the number of channels is out of range
   */
  public static ImagePreprocessor resizing(int width, int height, Normalization normalization) {
    Require.inRange("width", width, 1, MAX_EDGE);
    Require.inRange("height", height, 1, MAX_EDGE);
    Require.that(
        normalization.channels() == 1 || normalization.channels() == 3,
        "normalization must have 1 channel or 3, had " + normalization.channels());
    return new ImagePreprocessor(
        Fit.EXACT, new Size(width, height), Resample.BILINEAR, null, null, normalization);
  }

  /**
   * Reads {@code preprocessor_config.json}.
   *
   * @param file the file
   * @return the preprocessor
   * @throws InvalidModelFile if the file is missing or damaged, or a field is out of range
   * @throws UnsupportedModel if the file names an image processor or a filter that is not supported
   */
  public static ImagePreprocessor read(Path file) {
    return of(HfConfig.read(file));
  }

  /**
   * Reads a configuration.
   *
   * @param config the fields of {@code preprocessor_config.json}
   * @return the preprocessor
   * @throws InvalidModelFile if a field is missing or out of range
   * @throws UnsupportedModel if it names an image processor or a filter that is not supported
   */
  public static ImagePreprocessor of(HfConfig config) {
    String kind = kind(config);
    if (config.flag("rescale_offset", false)) {
      throw new UnsupportedModel(config.origin() + ": \"rescale_offset\" is not supported");
    }
    Normalization normalization = normalization(config);
    Resample filter = filter(config, kind);
    Size crop =
        config.has("crop_size") && config.flag("do_center_crop", true)
            ? square(config, "crop_size")
            : null;
    Size pad =
        config.has("pad_size") && config.flag("do_pad", true) ? square(config, "pad_size") : null;
    Target target = target(config, kind, crop);
    if (kind.equals("convnext") && target.fit == Fit.SHORTEST_EDGE) {
      int edge = target.size.width();
      if (edge >= WARPED) {
        target = new Target(Fit.EXACT, target.size);
      } else {
        crop = target.size;
        target =
            Target.of(Fit.SHORTEST_EDGE, (int) (edge / config.number("crop_pct", 224.0 / 256)));
      }
    }
    if (!config.flag("do_resize", true)) {
      target = new Target(Fit.NONE, target.fit == Fit.EXACT ? target.size : null);
    }
    return new ImagePreprocessor(target.fit, target.size, filter, crop, pad, normalization);
  }

  /** What pictures are resized to; an edge stands as a square. */
  private record Target(Fit fit, Size size) {
    static Target of(Fit fit, int edge) {
      return new Target(fit, new Size(edge, edge));
    }
  }

  private static Target target(HfConfig config, String kind, Size crop) {
    if (!config.has("size") && crop != null) {
      return new Target(Fit.EXACT, crop);
    }
    if (!config.isObject("size")) {
      boolean shortest = SHORTEST_EDGE.contains(kind);
      return Target.of(shortest ? Fit.SHORTEST_EDGE : Fit.EXACT, edge(config, "size"));
    }
    HfConfig size = config.object("size");
    if (size.has("height")) {
      return new Target(Fit.EXACT, square(config, "size"));
    }
    return size.has("longest_edge") && !size.has("shortest_edge")
        ? Target.of(Fit.LONGEST_EDGE, edge(size, "longest_edge"))
        : Target.of(Fit.SHORTEST_EDGE, edge(size, "shortest_edge"));
  }

  private static String kind(HfConfig config) {
    String name =
        config.string("image_processor_type", config.string("feature_extractor_type", ""));
    String kind =
        name.replaceAll("(ImageProcessor(Fast)?|FeatureExtractor)$", "").toLowerCase(Locale.ROOT);
    if (!KINDS.contains(kind)) {
      throw new UnsupportedModel(
          config.origin()
              + ": image processor \""
              + name
              + "\" is not supported; supported are those of ViT, DeiT, CLIP, BiT, ConvNext and SAM");
    }
    return kind;
  }

  private static Resample filter(HfConfig config, String kind) {
    int usual = kind.equals("clip") || kind.equals("deit") || kind.equals("bit") ? 3 : 2;
    int code = config.integer("resample", usual);
    Resample filter = Resample.of(code);
    if (filter == null) {
      throw config.invalid("resample", "a filter's code from 0 to 5");
    }
    return filter;
  }

  /**
   * Folds a rescaling other than by 1/255 into mean and std: the model's input is (255 r x - mean)
   * / std.
   */
  private static Normalization normalization(HfConfig config) {
    double factor =
        config.flag("do_rescale", true) ? 255 * config.number("rescale_factor", 1 / 255.0) : 255;
    if (!(factor > 0)) {
      throw config.invalid("rescale_factor", "greater than 0");
    }
    double scale = Math.abs(factor - 1) < 1e-9 ? 1 : factor;
    boolean normalize = config.flag("do_normalize", true);
    List<Double> mean = normalize ? channels(config, "image_mean") : Collections.nCopies(3, 0.0);
    List<Double> std =
        normalize ? channels(config, "image_std") : Collections.nCopies(mean.size(), 1.0);
    if (mean.size() != 1 && mean.size() != 3) {
      throw config.invalid("image_mean", "one number (gray) or three (RGB)");
    }
    if (std.size() != mean.size() || std.stream().anyMatch(s -> s <= 0)) {
      throw config.invalid("image_std", "as many numbers greater than 0 as image_mean has");
    }
    return new Normalization(
        mean.stream().map(m -> m / scale).toList(), std.stream().map(s -> s / scale).toList());
  }

  private static List<Double> channels(HfConfig config, String field) {
    return config.isArray(field)
        ? config.numbers(field)
        : Collections.nCopies(3, config.number(field));
  }

  /** Reads {height, width} or one number for both. */
  private static Size square(HfConfig config, String field) {
    if (!config.isObject(field)) {
      int length = edge(config, field);
      return new Size(length, length);
    }
    HfConfig size = config.object(field);
    return new Size(edge(size, "width"), edge(size, "height"));
  }

  private static int edge(HfConfig config, String field) {
    int length = config.size(field);
    if (length > MAX_EDGE) {
      throw config.invalid(field, "at most " + MAX_EDGE + " pixels");
    }
    return length;
  }

  /**
   * Returns what the model does to prepared pictures.
   *
   * @return mean and standard deviation a channel, for pictures in [0,1]
   */
  public Normalization normalization() {
    return normalization;
  }

  /**
   * Returns the size of every prepared picture.
   *
   * @return the size, or null if it depends on the picture
   */
  public Size outputSize() {
    if (pad != null) {
      return pad;
    }
    if (crop != null) {
      return crop;
    }
    return fit == Fit.EXACT || fit == Fit.NONE ? size : null;
  }

  /**
   * Returns the size that a picture is resized to, before cropping and padding.
   *
   * @param picture the picture's size
   * @return the size after resizing
   */
  public Size resized(Size picture) {
    int w = picture.width();
    int h = picture.height();
    return switch (fit) {
      case NONE -> picture;
      case EXACT -> size;
      case SHORTEST_EDGE -> {
        int edge = size.width();
        yield w <= h
            ? new Size(edge, (int) ((double) edge * h / w))
            : new Size((int) ((double) edge * w / h), edge);
      }
      case LONGEST_EDGE -> {
        double scale = (double) size.width() / Math.max(w, h);
        yield new Size((int) (w * scale + 0.5), (int) (h * scale + 0.5));
      }
    };
  }

  /**
   * Makes a picture the model's input, short of normalization. Alpha is dropped; padding takes the
   * colour that normalization makes zero.
   *
   * @param picture the picture, of any size and colour model
   * @param manager what owns the result
   * @return float32 [1,C,H,W] in [0,1], C being 3 (RGB) or 1 (gray) as the model has it
   * @throws IllegalArgumentException if the picture does not fit: it would become larger than 16384
   *     pixels on a side or vanish, or it has the wrong size for a preprocessor that does not
   *     resize
   */
  public NDArray prepare(BufferedImage picture, NDManager manager) {
    return prepare(List.of(picture), manager);
  }

  /**
   * Makes pictures one batch of the model's input, short of normalization.
   *
   * @param pictures the pictures, at least one
   * @param manager what owns the result
   * @return float32 [N,C,H,W] in [0,1]
   * @throws IllegalArgumentException if there is no picture, if one does not fit, or if the
   *     prepared pictures differ in size
   * @see #prepare(BufferedImage, NDManager)
   */
  public NDArray prepare(List<BufferedImage> pictures, NDManager manager) {
    Require.notEmpty("pictures", pictures);
    FloatBuffer values = null;
    Size first = null;
    for (BufferedImage picture : pictures) {
      Pixels pixels = fit(picture);
      Size outer = pad == null ? new Size(pixels.width(), pixels.height()) : pad;
      if (first == null) {
        first = outer;
        values =
            FloatBuffer.allocate(
                Math.multiplyExact(
                    pictures.size(), normalization.channels() * outer.width() * outer.height()));
      }
      Require.that(
          outer.equals(first),
          "pictures of one batch must have one size, had "
              + first
              + " and "
              + outer
              + "; prepare them singly");
      write(pixels, outer, values);
    }
    values.flip();
    return manager.create(
        values,
        new Shape(pictures.size(), normalization.channels(), first.height(), first.width()));
  }

  private Pixels fit(BufferedImage picture) {
    Size before = new Size(picture.getWidth(), picture.getHeight());
    if (fit == Fit.NONE && size != null && crop == null) {
      Require.that(
          before.equals(size),
          "picture is "
              + before
              + " but the model wants "
              + size
              + " and its preprocessor does not resize (do_resize)");
    }
    Size after = resized(before);
    Require.that(
        after.width() >= 1
            && after.height() >= 1
            && after.width() <= MAX_EDGE
            && after.height() <= MAX_EDGE,
        "picture of "
            + before
            + " would be resized to "
            + after
            + ", outside [1, "
            + MAX_EDGE
            + "]");
    Require.that(
        pad == null || after.width() <= pad.width() && after.height() <= pad.height(),
        "picture of " + before + " becomes " + after + ", larger than the padded size " + pad);
    Pixels pixels = Pixels.of(picture);
    if (normalization.channels() == 1) {
      pixels.toGray();
    }
    if (fit != Fit.NONE) {
      pixels = filter.resize(pixels, after.width(), after.height());
    }
    return crop == null ? pixels : pixels.centreCrop(crop.width(), crop.height());
  }

  private void write(Pixels pixels, Size outer, FloatBuffer values) {
    for (int c = 0; c < normalization.channels(); c++) {
      float blank = normalization.mean().get(c).floatValue();
      for (int y = 0; y < outer.height(); y++) {
        for (int x = 0; x < outer.width(); x++) {
          boolean inside = x < pixels.width() && y < pixels.height();
          values.put(inside ? pixels.get(x, y, c) / 255f : blank);
        }
      }
    }
  }

  /**
   * Writes {@code preprocessor_config.json}, so that {@link #read} gives an equal preprocessor.
   *
   * @param file the file to create or replace
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public void write(Path file) {
    ObjectNode root = Json.MAPPER.createObjectNode();
    root.put("image_processor_type", processor());
    root.put("do_resize", fit != Fit.NONE);
    root.put("do_center_crop", crop != null);
    root.put("do_rescale", true);
    root.put("do_normalize", true);
    root.put("rescale_factor", 1 / 255.0);
    root.put("resample", filter.code());
    if (size != null) {
      ObjectNode node = root.putObject("size");
      switch (fit) {
        case SHORTEST_EDGE -> node.put("shortest_edge", size.width());
        case LONGEST_EDGE -> node.put("longest_edge", size.width());
        default -> put(node, size);
      }
    }
    if (crop != null) {
      put(root.putObject("crop_size"), crop);
    }
    if (pad != null) {
      put(root.putObject("pad_size"), pad);
    }
    normalization.mean().forEach(root.withArray("image_mean")::add);
    normalization.std().forEach(root.withArray("image_std")::add);
    try {
      AtomicFile.write(file, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the preprocessor cannot be encoded", e);
    }
  }

  /** The reference's processor that does the same. */
  private String processor() {
    if (pad != null) {
      return "SamImageProcessor";
    }
    return crop != null || fit == Fit.SHORTEST_EDGE ? "CLIPImageProcessor" : "ViTImageProcessor";
  }

  private static void put(ObjectNode node, Size size) {
    node.put("height", size.height()).put("width", size.width());
  }
}
