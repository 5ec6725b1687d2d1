package org.safety4j.datasets.images;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.datasets.file.BoundedInput;
import org.safety4j.datasets.file.IdxFile;
import org.safety4j.datasets.file.ReadLimits;

/**
 * Reads MNIST and the sets that keep its format (Fashion-MNIST, KMNIST, EMNIST): one IDX file of
 * pictures and one of labels, plain or gzipped. Pictures come out as {@code [N, 1, H, W]} in [0,1].
 *
 * <pre>{@code
 * try (LabeledImages test = Mnist.read(dir.resolve("t10k-images-idx3-ubyte.gz"), dir.resolve("t10k-labels-idx1-ubyte.gz"))) {
 *   ...
 * }
 * }</pre>
 *
 * <p><b>Source.</b> Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits,
 * 1998; G. Cohen, S. Afshar, J. Tapson, A. van Schaik, EMNIST: Extending MNIST to handwritten
 * letters, IJCNN 2017.
 */
public final class Mnist {
  private static final int MAX_MAPPING_BYTES = 1 << 16;

  private Mnist() {}

  /**
   * Reads pictures and labels with the default limits. Classes are named by their numbers.
   *
   * @param images IDX file of {@code [N, H, W]}
   * @param labels IDX file of {@code [N]}
   * @return the set, to be closed by the caller
   * @throws InvalidDataFile if a file is absent, damaged or beyond a limit, or the two do not fit
   */
  public static LabeledImages read(Path images, Path labels) {
    return read(images, labels, ReadLimits.defaults());
  }

  /**
   * Reads pictures and labels. Classes are named by their numbers.
   *
   * @param images IDX file of {@code [N, H, W]}
   * @param labels IDX file of {@code [N]}
   * @param limits bounds on what is read
   * @return the set, to be closed by the caller
   * @throws InvalidDataFile if a file is absent, damaged or beyond a limit, or the two do not fit
   */
  public static LabeledImages read(Path images, Path labels, ReadLimits limits) {
    IdxFile pictures = pictures(images, limits);
    int[] classes = labels(labels, pictures.shape()[0], images, limits);
    int count = IntStream.of(classes).max().orElse(0) + 1;
    List<String> names = IntStream.range(0, count).mapToObj(Integer::toString).toList();
    int[] shape = pictures.shape();
    return Pixels.unsignedBytes(shape[0], 1, shape[1], shape[2], pictures.values())
        .labelled(images.getFileName().toString(), classes, names);
  }

  /**
   * Reads EMNIST with the default limits.
   *
   * @param images IDX file of {@code [N, W, H]}: EMNIST stores its pictures transposed
   * @param labels IDX file of {@code [N]}
   * @param mapping the set's {@code *-mapping.txt}: lines of a label and its character codes
   * @return the set, upright, its classes in the mapping's order and named by their characters; to
   *     be closed by the caller
   * @throws InvalidDataFile if a file is absent, damaged or beyond a limit, or they do not fit
   */
  public static LabeledImages emnist(Path images, Path labels, Path mapping) {
    return emnist(images, labels, mapping, ReadLimits.defaults());
  }

  /**
   * Reads EMNIST.
   *
   * @param images IDX file of {@code [N, W, H]}: EMNIST stores its pictures transposed
   * @param labels IDX file of {@code [N]}
   * @param mapping the set's {@code *-mapping.txt}: lines of a label and its character codes
   * @param limits bounds on what is read
   * @return the set, upright, its classes in the mapping's order and named by their characters; to
   *     be closed by the caller
   * @throws InvalidDataFile if a file is absent, damaged or beyond a limit, or they do not fit
   */
  public static LabeledImages emnist(Path images, Path labels, Path mapping, ReadLimits limits) {
    IdxFile pictures = pictures(images, limits);
    int[] shape = pictures.shape();
    int[] stored = labels(labels, shape[0], images, limits);
    TreeMap<Integer, String> characters = mapping(mapping, limits);
    List<Integer> order = List.copyOf(characters.keySet());
    int[] classes = new int[stored.length];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = order.indexOf(stored[i]);
      if (classes[i] < 0) {
        throw new InvalidDataFile(
            labels
                + ": label "
                + stored[i]
                + " of item "
                + i
                + " is not in "
                + mapping
                + "; use the mapping file of the same split");
      }
    }
    byte[] upright = transposed(pictures.values(), shape[0], shape[1], shape[2]);
    return Pixels.unsignedBytes(shape[0], 1, shape[2], shape[1], upright)
        .labelled(images.getFileName().toString(), classes, List.copyOf(characters.values()));
  }

  private static IdxFile pictures(Path file, ReadLimits limits) {
    IdxFile idx = IdxFile.read(file, limits);
    if (idx.shape().length != 3) {
      throw new InvalidDataFile(
          file
              + " at byte 3: pictures have 3 dimensions, this file has "
              + idx.shape().length
              + "; are the files of pictures and labels exchanged?");
    }
    return idx;
  }

  private static int[] labels(Path file, int count, Path images, ReadLimits limits) {
    IdxFile idx = IdxFile.read(file, limits);
    if (idx.shape().length != 1) {
      throw new InvalidDataFile(
          file
              + " at byte 3: labels have 1 dimension, this file has "
              + idx.shape().length
              + "; are the files of pictures and labels exchanged?");
    }
    if (idx.shape()[0] != count) {
      throw new InvalidDataFile(
          file
              + " at byte 4: "
              + idx.shape()[0]
              + " labels for the "
              + count
              + " pictures of "
              + images);
    }
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = idx.values()[i] & 0xff;
    }
    return labels;
  }

  private static TreeMap<Integer, String> mapping(Path file, ReadLimits limits) {
    String text;
    try (BoundedInput in =
        BoundedInput.open(
            file, limits.withMaxBytes(Math.min(limits.maxBytes(), MAX_MAPPING_BYTES)))) {
      text = new String(in.rest("the mapping"), StandardCharsets.UTF_8);
    }
    TreeMap<Integer, String> characters = new TreeMap<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String[] parts = line.strip().split("\\s+");
      try {
        StringBuilder name = new StringBuilder();
        for (int i = 1; i < parts.length; i++) {
          name.appendCodePoint(Integer.parseInt(parts[i]));
        }
        if (name.isEmpty() || characters.put(Integer.parseInt(parts[0]), name.toString()) != null) {
          throw new InvalidDataFile(
              file + " line " + number + ": a label and its character codes expected, once each");
        }
      } catch (IllegalArgumentException e) {
        throw new InvalidDataFile(
            file + " line " + number + ": not a label and its character codes: " + line, e);
      }
    }
    if (characters.isEmpty()) {
      throw new InvalidDataFile(file + " at byte 0: no label in the mapping");
    }
    return characters;
  }

  private static byte[] transposed(byte[] values, int n, int rows, int columns) {
    byte[] out = new byte[values.length];
    for (int i = 0, at = 0; i < n; i++) {
      int base = i * rows * columns;
      for (int x = 0; x < columns; x++) {
        for (int y = 0; y < rows; y++) {
          out[at++] = values[base + y * columns + x];
        }
      }
    }
    return out;
  }
}
