package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * The samples that are being attacked together, with everything that is kept for each of them on
 * the device. Samples leave by {@link #keep}; rows of every array move up together.
 */
public final class Active implements AutoCloseable {
  private static final String ORIGINALS = "originals";
  private static final String LABELS = "labels";
  private static final String TARGETS = "targets";

  private final NDManager manager = Tensors.newManager();
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();
  private int[] samples;
  private int[] ids;

  Active(int[] samples, int[] ids, NDArray allImages, NDArray allLabels, int[] targets) {
    this.samples = samples.clone();
    this.ids = ids.clone();
    try (Scope scope = Scope.open()) {
      NDArray index = Ops.index(manager, samples);
      put(scope, ORIGINALS, Ops.rows(allImages, index));
      put(scope, LABELS, Ops.rows(allLabels, index));
      if (targets != null) {
        int[] own = new int[samples.length];
        Arrays.setAll(own, i -> targets[samples[i]]);
        put(scope, TARGETS, Ops.index(manager, own));
      }
    }
  }

  /**
   * Returns how many samples are left.
   *
   * @return at least 0
   */
  public int size() {
    return samples.length;
  }

  /**
   * Tells whether no sample is left.
   *
   * @return true if so
   */
  public boolean isEmpty() {
    return samples.length == 0;
  }

  /**
   * Returns the samples' numbers in the input.
   *
   * @return one a row; not to be changed
   */
  public int[] samples() {
    return samples;
  }

  /**
   * Returns the samples' numbers for randomness.
   *
   * @return one a row; not to be changed
   */
  public int[] ids() {
    return ids;
  }

  /**
   * Returns the original images.
   *
   * @return {@code [n, C, H, W]}, owned by this object
   */
  public NDArray originals() {
    return arrays.get(ORIGINALS);
  }

  /**
   * Returns the shape of one image.
   *
   * @return {@code [C, H, W]}
   */
  public Shape elementShape() {
    return Tensors.elementShape(originals());
  }

  /**
   * Returns the true classes.
   *
   * @return int64 {@code [n]}, owned by this object
   */
  public NDArray labels() {
    return arrays.get(LABELS);
  }

  /**
   * Returns the classes wanted.
   *
   * @return int64 {@code [n]}, owned by this object; null if the attack is untargeted
   */
  public NDArray targets() {
    return arrays.get(TARGETS);
  }

  /**
   * Tells whether an array is kept under a name.
   *
   * @param name the name
   * @return true if so
   */
  public boolean has(String name) {
    return arrays.containsKey(name);
  }

  /**
   * Returns an array that was put here.
   *
   * @param name its name
   * @return one row a sample, owned by this object
   */
  public NDArray get(String name) {
    NDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalStateException("nothing is kept as " + name + ", only " + arrays.keySet());
    }
    return array;
  }

  /**
   * Keeps an array under a name and frees what was kept there before.
   *
   * @param scope the innermost scope, in which the array was made
   * @param name the name
   * @param array one row a sample
   */
  public void put(Scope scope, String name, NDArray array) {
    scope.release(array, manager);
    NDArray before = arrays.put(name, array);
    if (before != null && before != array) {
      before.close();
    }
  }

  /**
   * Frees an array.
   *
   * @param name its name
   */
  public void drop(String name) {
    NDArray before = arrays.remove(name);
    if (before != null) {
      before.close();
    }
  }

  /**
   * Frees every array but the samples' own and those named.
   *
   * @param kept names of arrays that stay
   */
  public void forgetAllBut(String... kept) {
    Set<String> stay = new HashSet<>(List.of(kept));
    stay.addAll(List.of(ORIGINALS, LABELS, TARGETS));
    for (String name : List.copyOf(arrays.keySet())) {
      if (!stay.contains(name)) {
        drop(name);
      }
    }
  }

  /**
   * Lets all but some samples leave.
   *
   * @param rows the rows that stay, rising
   */
  public void keep(int... rows) {
    if (rows.length == samples.length) {
      return;
    }
    samples = pick(samples, rows);
    ids = pick(ids, rows);
    if (rows.length == 0) {
      return;
    }
    try (Scope scope = Scope.open()) {
      NDArray index = Ops.index(manager, rows);
      for (Map.Entry<String, NDArray> entry : Map.copyOf(arrays).entrySet()) {
        put(scope, entry.getKey(), Ops.rows(entry.getValue(), index));
      }
    }
  }

  private static int[] pick(int[] values, int[] rows) {
    int[] picked = new int[rows.length];
    Arrays.setAll(picked, i -> values[rows[i]]);
    return picked;
  }

  @Override
  public void close() {
    manager.close();
  }
}
