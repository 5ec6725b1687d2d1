package org.safety4j.datasets.images;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.core.error.Require;
import org.safety4j.datasets.file.BoundedInput;
import org.safety4j.datasets.file.ReadLimits;

/**
 * Reads the binary versions of CIFAR-10 and CIFAR-100, plain or gzipped. Pictures come out as
 * {@code [N, 3, 32, 32]} in [0,1].
 *
 * <p><b>Source.</b> A. Krizhevsky, Learning multiple layers of features from tiny images, technical
 * report, University of Toronto, 2009.
 */
public final class Cifar {
  private static final int SIDE = 32;
  private static final int PIXELS = 3 * SIDE * SIDE;
  private static final int MAX_NAMES_BYTES = 1 << 16;
  private static final List<String> TEN =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private Cifar() {}

  /** Which of CIFAR-100's two labels a set carries. */
  public enum Hundred {
    /** The 100 classes. */
    FINE(1, 100, "fine_label_names.txt"),
    /** The 20 groups of classes. */
    COARSE(0, 20, "coarse_label_names.txt");

    private final int offset;
    private final int classes;
    private final String namesFile;

    Hundred(int offset, int classes, String namesFile) {
      this.offset = offset;
      this.classes = classes;
      this.namesFile = namesFile;
    }
  }

  /**
   * Reads CIFAR-10 with the default limits.
   *
   * @param batches one or more of {@code data_batch_1.bin} to {@code test_batch.bin}
   * @return the pictures of all batches in order, to be closed by the caller
   * @throws InvalidDataFile if a file is absent, damaged or beyond a limit
   */
  public static LabeledImages ten(Path... batches) {
    return ten(ReadLimits.defaults(), batches);
  }

  /**
   * Reads CIFAR-10.
   *
   * @param limits bounds on what is read, from all files together
   * @param batches one or more of {@code data_batch_1.bin} to {@code test_batch.bin}
   * @return the pictures of all batches in order, to be closed by the caller
   * @throws InvalidDataFile if a file is absent, damaged or beyond a limit
   */
  public static LabeledImages ten(ReadLimits limits, Path... batches) {
    return read("cifar-10", limits, List.of(batches), 1, 0, TEN);
  }

  /**
   * Reads CIFAR-100 with the default limits. Class names come from the set's own names file if it
   * lies beside the data; otherwise classes are named by their numbers.
   *
   * @param file {@code train.bin} or {@code test.bin}
   * @param labels which labels to take
   * @return the pictures, to be closed by the caller
   * @throws InvalidDataFile if the file is absent, damaged or beyond a limit
   */
  public static LabeledImages hundred(Path file, Hundred labels) {
    return hundred(ReadLimits.defaults(), file, labels);
  }

  /**
   * Reads CIFAR-100. Class names come from the set's own names file if it lies beside the data;
   * otherwise classes are named by their numbers.
   *
   * @param limits bounds on what is read
   * @param file {@code train.bin} or {@code test.bin}
   * @param labels which labels to take
   * @return the pictures, to be closed by the caller
   * @throws InvalidDataFile if the file is absent, damaged or beyond a limit
   */
  public static LabeledImages hundred(ReadLimits limits, Path file, Hundred labels) {
    Path namesFile = file.resolveSibling(labels.namesFile);
    List<String> names =
        Files.isRegularFile(namesFile)
            ? names(namesFile, labels.classes)
            : IntStream.range(0, labels.classes).mapToObj(Integer::toString).toList();
    return read("cifar-100", limits, List.of(file), 2, labels.offset, names);
  }

  private static List<String> names(Path file, int classes) {
    try (BoundedInput in =
        BoundedInput.open(file, ReadLimits.defaults().withMaxBytes(MAX_NAMES_BYTES))) {
      String text = new String(in.rest("the class names"), StandardCharsets.UTF_8);
      List<String> names = text.lines().map(String::strip).filter(s -> !s.isEmpty()).toList();
      if (names.size() != classes) {
        throw in.error(names.size() + " class names, " + classes + " expected");
      }
      return names;
    }
  }

  private static LabeledImages read(
      String name,
      ReadLimits limits,
      List<Path> files,
      int labelBytes,
      int labelAt,
      List<String> names) {
    Require.notEmpty("batches", files);
    int record = labelBytes + PIXELS;
    List<byte[]> batches = new ArrayList<>();
    long left = limits.maxBytes();
    int count = 0;
    for (Path file : files) {
      byte[] batch = batch(file, record, limits.withMaxBytes(Math.max(1, left)));
      left -= batch.length;
      count += batch.length / record;
      batches.add(batch);
      if (count > limits.maxItems()) {
        throw new InvalidDataFile(
            file
                + " at byte 0: more pictures than the limit of "
                + limits.maxItems()
                + "; raise ReadLimits.maxItems if the file is to be trusted");
      }
    }
    byte[] pixels = new byte[count * PIXELS];
    int[] labels = new int[count];
    int item = 0;
    for (int f = 0; f < files.size(); f++) {
      byte[] batch = batches.get(f);
      for (int at = 0; at < batch.length; at += record, item++) {
        labels[item] = batch[at + labelAt] & 0xff;
        if (labels[item] >= names.size()) {
          throw new InvalidDataFile(
              files.get(f)
                  + " at byte "
                  + (at + labelAt)
                  + ": label "
                  + labels[item]
                  + " of "
                  + names.size()
                  + " classes; is it the binary version of the right set?");
        }
        System.arraycopy(batch, at + labelBytes, pixels, item * PIXELS, PIXELS);
      }
    }
    return Pixels.unsignedBytes(count, 3, SIDE, SIDE, pixels).labelled(name, labels, names);
  }

  private static byte[] batch(Path file, int record, ReadLimits limits) {
    try (BoundedInput in = BoundedInput.open(file, limits)) {
      byte[] batch = in.rest("the batch");
      if (batch.length == 0 || batch.length % record != 0) {
        throw in.error(
            "a batch has whole records of "
                + record
                + " bytes, this file ends "
                + batch.length % record
                + " bytes into record "
                + batch.length / record);
      }
      return batch;
    }
  }
}
