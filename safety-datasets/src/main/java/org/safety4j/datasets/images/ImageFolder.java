package org.safety4j.datasets.images;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.datasets.file.BoundedInput;
import org.safety4j.datasets.file.ReadLimits;

/**
 * A folder of PNG and JPEG pictures, listed at once and decoded when asked for.
 *
 * <p>Two layouts are read. <b>Class folders:</b> every subfolder is a class, named by it; classes
 * stand in the order of their names, pictures take turns between the classes, so that the first n
 * are a fair sample. <b>Flat:</b> pictures stand in the order of their names, their labels come
 * from {@code labels.csv} (lines {@code file,label}, a header allowed; labels are class names, or
 * numbers from 0); without that file give the labels by {@link #labeledBy}.
 *
 * <p>Samples are taken as stored: no colour management, no rotation by EXIF; grey is repeated in
 * three channels; transparent pictures are laid over a background, white unless {@link #over} says
 * otherwise.
 *
 * <pre>{@code
 * try (LabeledImages images = ImageFolder.read(Path.of("photos")).first(200)) { ... }
 * }</pre>
 *
 * <p>Immutable; holds no open file.
 */
public final class ImageFolder {
  private static final String LABELS = "labels.csv";

  private final Path folder;
  private final List<Path> files;
  private final int[] labels;
  private final List<String> classes;
  private final ReadLimits limits;
  private final Rgb background;
  private final UnaryOperator<NDArray> preprocessor;
  private final Function<NDArray, int[]> labeler;

  private ImageFolder(
      Path folder,
      List<Path> files,
      int[] labels,
      List<String> classes,
      ReadLimits limits,
      Rgb background,
      UnaryOperator<NDArray> preprocessor,
      Function<NDArray, int[]> labeler) {
    this.folder = folder;
    this.files = files;
    this.labels = labels;
    this.classes = classes;
    this.limits = limits;
    this.background = background;
    this.preprocessor = preprocessor;
    this.labeler = labeler;
  }

  /**
   * Lists a folder with the default limits. Nothing is decoded yet.
   *
   * @param folder the folder
   * @return the listing
   * @throws InvalidDataFile if the folder is absent, has no picture, or its labels file is wrong
   */
  public static ImageFolder read(Path folder) {
    return read(folder, ReadLimits.defaults());
  }

  /**
   * Lists a folder. Nothing is decoded yet.
   *
   * @param folder the folder
   * @param limits bounds on the number of pictures, and on bytes and pixels of each
   * @return the listing
   * @throws InvalidDataFile if the folder is absent, has no picture, or its labels file is wrong
   */
  public static ImageFolder read(Path folder, ReadLimits limits) {
    List<Path> entries = entries(folder, limits);
    List<Path> flat = entries.stream().filter(ImageFolder::isPicture).toList();
    List<Path> subfolders = entries.stream().filter(Files::isDirectory).toList();
    ImageFolder listing =
        flat.isEmpty() ? classFolders(folder, subfolders, limits) : flat(folder, flat, limits);
    if (listing.files.isEmpty()) {
      throw new InvalidDataFile(
          folder + ": no .png, .jpg or .jpeg file in the folder or in its subfolders");
    }
    return listing;
  }

  private static ImageFolder flat(Path folder, List<Path> files, ReadLimits limits) {
    Path csv = folder.resolve(LABELS);
    if (!Files.exists(csv)) {
      return new ImageFolder(folder, files, null, List.of(), limits, Rgb.WHITE, null, null);
    }
    LabelsCsv table = LabelsCsv.read(csv, limits);
    int[] labels = new int[files.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = table.label(files.get(i).getFileName().toString());
    }
    table.requireAllUsed(files.stream().map(f -> f.getFileName().toString()).toList());
    return new ImageFolder(folder, files, labels, table.classes(), limits, Rgb.WHITE, null, null);
  }

  private static ImageFolder classFolders(Path folder, List<Path> subfolders, ReadLimits limits) {
    List<List<Path>> perClass = new ArrayList<>();
    List<String> classes = new ArrayList<>();
    int total = 0;
    int longest = 0;
    for (Path subfolder : subfolders) {
      List<Path> pictures =
          entries(subfolder, limits).stream().filter(ImageFolder::isPicture).toList();
      if (pictures.isEmpty()) {
        continue;
      }
      perClass.add(pictures);
      classes.add(subfolder.getFileName().toString());
      total += pictures.size();
      longest = Math.max(longest, pictures.size());
      requireCount(folder, total, limits);
    }
    List<Path> files = new ArrayList<>(total);
    int[] labels = new int[total];
    for (int turn = 0; turn < longest; turn++) {
      for (int c = 0; c < perClass.size(); c++) {
        if (turn < perClass.get(c).size()) {
          labels[files.size()] = c;
          files.add(perClass.get(c).get(turn));
        }
      }
    }
    return new ImageFolder(
        folder,
        Collections.unmodifiableList(files),
        labels,
        List.copyOf(classes),
        limits,
        Rgb.WHITE,
        null,
        null);
  }

  private static List<Path> entries(Path folder, ReadLimits limits) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidDataFile(folder + ": no such folder; check the path");
    }
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      for (Path entry : stream) {
        entries.add(entry);
        requireCount(folder, entries.size(), limits);
      }
    } catch (IOException e) {
      throw BoundedInput.unreadable(folder, e);
    }
    Collections.sort(entries);
    return entries;
  }

  private static void requireCount(Path folder, int count, ReadLimits limits) {
    if (count > limits.maxItems()) {
      throw new InvalidDataFile(
          folder
              + ": more entries than the limit of "
              + limits.maxItems()
              + "; raise ReadLimits.maxItems if the folder is to be trusted");
    }
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".")
        && (name.endsWith(".png") || name.endsWith(".jpg") || name.endsWith(".jpeg"))
        && Files.isRegularFile(file);
  }

  /**
   * Copies this listing with a preprocessor, which brings pictures of mixed sizes to one size.
   *
   * @param function takes one picture {@code [1, 3, H, W]} float32 in [0,1] and gives {@code [1, 3,
   *     h, w]} in [0,1], with the same h and w for every picture
   * @return the changed copy
   */
  public ImageFolder preprocessedBy(UnaryOperator<NDArray> function) {
    return new ImageFolder(
        folder,
        files,
        labels,
        classes,
        limits,
        background,
        Objects.requireNonNull(function, "function"),
        labeler);
  }

  /**
   * Copies this listing with labels given by a function, which stand instead of any in the folder:
   * the way to attack a model on pictures whose classes nobody wrote down is to take its own
   * answers.
   *
   * @param classifier takes pictures {@code [N, 3, H, W]} in [0,1] and gives their N labels, such
   *     as {@code model::labels}
   * @param names names of the classes; may be empty
   * @return the changed copy
   */
  public ImageFolder labeledBy(Function<NDArray, int[]> classifier, List<String> names) {
    return new ImageFolder(
        folder,
        files,
        null,
        List.copyOf(names),
        limits,
        background,
        preprocessor,
        Objects.requireNonNull(classifier, "classifier"));
  }

  /**
   * Copies this listing with another background for transparent pictures.
   *
   * @param colour the background, default white
   * @return the changed copy
   */
  public ImageFolder over(Rgb colour) {
    return new ImageFolder(folder, files, labels, classes, limits, colour, preprocessor, labeler);
  }

  /**
   * Tells how many pictures there are.
   *
   * @return the number of pictures
   */
  public int size() {
    return files.size();
  }

  /**
   * Tells whether the pictures' classes are known.
   *
   * @return false for a flat folder without labels file, until {@link #labeledBy} gives labels
   */
  public boolean labeled() {
    return labels != null || labeler != null;
  }

  /**
   * Names the classes.
   *
   * @return the names in the order of the labels; empty if they have none
   */
  public List<String> classes() {
    return classes;
  }

  /**
   * Names the pictures' files.
   *
   * @return the files in the order in which pictures are read
   */
  public List<Path> files() {
    return files;
  }

  /**
   * Decodes every picture.
   *
   * @return the pictures, to be closed by the caller
   * @throws InvalidDataFile if a file is damaged or too large, sizes differ and no preprocessor
   *     brings them together, or the classes are not known
   */
  public LabeledImages all() {
    return first(files.size());
  }

  /**
   * Decodes the first pictures.
   *
   * @param n how many, at least 1; all of them if there are fewer
   * @return the pictures, to be closed by the caller
   * @throws InvalidDataFile if a file is damaged or too large, sizes differ and no preprocessor
   *     brings them together, or the classes are not known
   */
  public LabeledImages first(int n) {
    Require.atLeast("n", n, 1);
    if (!labeled()) {
      throw new InvalidDataFile(
          folder
              + ": the pictures have no labels; put them into one subfolder a class, add "
              + LABELS
              + ", or give a classifier (ImageFolder.labeledBy)");
    }
    int count = Math.min(n, files.size());
    float[] pixels = null;
    int[] size = null;
    for (int i = 0; i < count; i++) {
      Plane picture = decode(files.get(i));
      if (pixels == null) {
        size = new int[] {picture.height, picture.width};
        pixels = new float[capacity(count, picture)];
      } else if (picture.height != size[0] || picture.width != size[1]) {
        throw new InvalidDataFile(
            files.get(i)
                + ": "
                + picture.width
                + " x "
                + picture.height
                + " pixels, but "
                + files.get(0)
                + " has "
                + size[1]
                + " x "
                + size[0]
                + "; give a preprocessor that resizes (ImageFolder.preprocessedBy)");
      }
      System.arraycopy(picture.rgb, 0, pixels, i * picture.rgb.length, picture.rgb.length);
    }
    Shape element = new Shape(3, size[0], size[1]);
    String name =
        folder.getFileName() == null ? folder.toString() : folder.getFileName().toString();
    return LabeledImages.of(name, pixels, element, labels(pixels, element, count), classes);
  }

  private int[] labels(float[] pixels, Shape element, int count) {
    if (labeler == null) {
      return Arrays.copyOf(labels, count);
    }
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      int[] given = labeler.apply(manager.create(pixels, new Shape(count).addAll(element)));
      Require.that(
          given.length == count, "classifier must give " + count + " labels, gave " + given.length);
      return given;
    }
  }

  private record Plane(int height, int width, float[] rgb) {}

  private int capacity(int count, Plane first) {
    long floats = (long) count * first.rgb.length;
    if (floats * Float.BYTES > limits.maxBytes() * 4) {
      throw new InvalidDataFile(
          folder
              + ": "
              + count
              + " pictures of "
              + first.width
              + " x "
              + first.height
              + " take more than the limit of "
              + limits.maxBytes()
              + " samples; read fewer with first(n) or raise ReadLimits.maxBytes");
    }
    return (int) floats;
  }

  private Plane decode(Path file) {
    Picture picture = Picture.read(file, limits);
    float[] rgb = picture.over(background);
    if (preprocessor == null) {
      return new Plane(picture.height(), picture.width(), rgb);
    }
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray out =
          preprocessor.apply(
              manager.create(rgb, new Shape(1, 3, picture.height(), picture.width())));
      Shape shape = out.getShape();
      if (shape.dimension() != 4
          || shape.get(0) != 1
          || shape.get(1) != 3
          || out.getDataType() != DataType.FLOAT32) {
        throw new IllegalArgumentException(
            "preprocessor must give float32 [1, 3, h, w], gave "
                + out.getDataType()
                + " "
                + shape
                + " for "
                + file);
      }
      return new Plane((int) shape.get(2), (int) shape.get(3), out.toFloatArray());
    }
  }
}
