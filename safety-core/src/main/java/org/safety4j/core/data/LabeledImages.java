package org.safety4j.core.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Images with their classes. Owns its arrays; subsets are copies with owners of their own.
 *
 * <p>Safe for use by several threads.
 */
public final class LabeledImages implements Artifact {
  private final String name;
  private final NDManager manager;
  private final NDArray images;
  private final int[] labels;
  private final int[] ids;
  private final NDArray labelArray;
  private final List<String> classNames;

  private LabeledImages(
      String name,
      NDManager manager,
      NDArray images,
      int[] labels,
      int[] ids,
      List<String> classNames) {
    this.name = name;
    this.manager = manager;
    this.images = images;
    this.labels = labels;
    this.ids = ids;
    this.classNames = List.copyOf(classNames);
    try (Scope scope = Scope.open()) {
      this.labelArray = scope.release(Ops.index(manager, labels), manager);
    }
  }

  /**
   * Copies images and labels into a new data set.
   *
   * @param name a short name, used in reports
   * @param images float32 {@code [N, C, H, W]} in [0, 1]; stays the caller's
   * @param labels a class a sample, at least 0
   * @param classNames names of the classes; may be empty where they have none
   * @return the data set, to be closed by the caller
   * @throws IllegalArgumentException if shapes, types or lengths do not fit
   */
  public static LabeledImages of(
      String name, NDArray images, int[] labels, List<String> classNames) {
    int[] ids = new int[labels.length];
    Arrays.setAll(ids, i -> i);
    return of(name, images, labels, ids, classNames);
  }

  private static LabeledImages of(
      String name, NDArray images, int[] labels, int[] ids, List<String> classNames) {
    Tensors.requireImages(images);
    long n = images.getShape().get(0);
    Require.that(
        n == labels.length,
        "labels must be one an image, were " + labels.length + " for " + n + " images");
    for (int label : labels) {
      Require.that(
          label >= 0 && (classNames.isEmpty() || label < classNames.size()),
          "labels must be in [0, " + classNames.size() + "), one was " + label);
    }
    NDManager own = Tensors.newManager();
    try (Scope scope = Scope.open()) {
      NDArray copy = scope.release(Ops.copy(images), own);
      return new LabeledImages(name, own, copy, labels.clone(), ids, classNames);
    }
  }

  /**
   * Uploads images from the Java heap.
   *
   * @param name a short name, used in reports
   * @param pixels values in [0, 1], sample after sample, channel after channel, row after row
   * @param element shape of one image, {@code [C, H, W]}
   * @param labels a class a sample
   * @param classNames names of the classes; may be empty
   * @return the data set, to be closed by the caller
   */
  public static LabeledImages of(
      String name, float[] pixels, Shape element, int[] labels, List<String> classNames) {
    try (NDManager temporary = Tensors.newManager();
        NDArray array = temporary.create(pixels, new Shape(labels.length).addAll(element))) {
      return of(name, array, labels, classNames);
    }
  }

  /**
   * Returns the name.
   *
   * @return a short name
   */
  public String name() {
    return name;
  }

  /**
   * Returns the number of images.
   *
   * @return at least 0
   */
  public int size() {
    return labels.length;
  }

  /**
   * Returns the images.
   *
   * @return float32 {@code [N, C, H, W]} in [0, 1], owned by this data set
   */
  public NDArray images() {
    return images;
  }

  /**
   * Returns the labels.
   *
   * @return a copy, one class a sample
   */
  public int[] labels() {
    return labels.clone();
  }

  /**
   * Returns the numbers that the samples had in the data set that they were first put into. A
   * subset or batch keeps them. Methods derive a sample's randomness from its number, so that a
   * result does not depend on how the data was split.
   *
   * @return a copy, one number a sample
   */
  public int[] ids() {
    return ids.clone();
  }

  /**
   * Returns the labels on the device.
   *
   * @return int64 {@code [N]}, owned by this data set
   */
  public NDArray labelArray() {
    return labelArray;
  }

  /**
   * Returns the names of the classes.
   *
   * @return the names, empty where there are none
   */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * Returns the manager that the arrays hang on.
   *
   * @return closed with the data set
   */
  public NDManager manager() {
    return manager;
  }

  /**
   * Takes the first images.
   *
   * @param n how many, at least 1; all if there are fewer
   * @return a copy, to be closed by the caller
   */
  public LabeledImages first(int n) {
    Require.atLeast("n", n, 1);
    int[] index = new int[Math.min(n, size())];
    for (int i = 0; i < index.length; i++) {
      index[i] = i;
    }
    return subset(index);
  }

  /**
   * Takes some images, in the order given. They keep their {@link #ids()}.
   *
   * @param index their numbers
   * @return a copy, to be closed by the caller
   */
  public LabeledImages subset(int[] index) {
    int[] chosen = new int[index.length];
    int[] kept = new int[index.length];
    for (int i = 0; i < index.length; i++) {
      Require.that(
          index[i] >= 0 && index[i] < size(),
          "index must be in [0, " + size() + "), was " + index[i]);
      chosen[i] = labels[index[i]];
      kept[i] = ids[index[i]];
    }
    try (Scope scope = Scope.open()) {
      return of(name, Ops.rows(images, index), chosen, kept, classNames);
    }
  }

  /**
   * Replaces the images and keeps the labels.
   *
   * @param newImages float32 {@code [N, C, H, W]}; stays the caller's
   * @return a copy, to be closed by the caller
   */
  public LabeledImages withImages(NDArray newImages) {
    return of(name, newImages, labels, ids, classNames);
  }

  /**
   * Joins two data sets with the same classes. The images get new {@link #ids()}.
   *
   * @param other the images that follow
   * @return a copy, to be closed by the caller
   */
  public LabeledImages plus(LabeledImages other) {
    Require.that(
        classNames.equals(other.classNames), "both data sets must have the same class names");
    int[] all = new int[size() + other.size()];
    System.arraycopy(labels, 0, all, 0, size());
    System.arraycopy(other.labels, 0, all, size(), other.size());
    try (Scope scope = Scope.open()) {
      return of(name, images.concat(other.images, 0), all, classNames);
    }
  }

  /**
   * Splits into batches of images, in order. Each is a copy, to be closed by the caller.
   *
   * @param batchSize most images a batch, at least 1
   * @return the batches
   */
  public List<LabeledImages> batches(int batchSize) {
    Require.atLeast("batchSize", batchSize, 1);
    List<LabeledImages> batches = new ArrayList<>();
    for (int from = 0; from < size(); from += batchSize) {
      int[] index = new int[Math.min(batchSize, size() - from)];
      for (int i = 0; i < index.length; i++) {
        index[i] = from + i;
      }
      batches.add(subset(index));
    }
    return batches;
  }

  /**
   * Identifies the contents.
   *
   * @return the first 16 hex digits of a SHA-256 over shape, pixels and labels
   */
  public String checksum() {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(images.getShape().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
      sha.update(images.toByteBuffer());
      ByteBuffer ints = ByteBuffer.allocate(4 * labels.length);
      ints.asIntBuffer().put(labels);
      sha.update(ints);
      return HexFormat.of().formatHex(sha.digest()).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public void close() {
    manager.close();
  }

  @Override
  public String toString() {
    return name + images.getShape();
  }
}
