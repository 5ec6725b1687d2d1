package org.safety4j.core.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.tensor.Ops;

/**
 * A model's named arrays while it is built and afterwards: what training changes, what it leaves
 * alone, and how they stand in a file. Arrays hang on the model's manager and outlive every scope.
 *
 * <p>Not thread-safe while a model is built.
 */
public final class Parameters {
  private record Part(String name, long rows) {}

  private final NDManager manager;
  private final ParameterSource source;
  private final Map<String, NDArray> trainable = new LinkedHashMap<>();
  private final Map<String, NDArray> buffers = new LinkedHashMap<>();
  private final Map<String, List<Part>> fused = new LinkedHashMap<>();

  /**
   * Makes an empty set.
   *
   * @param manager what owns the arrays: the model's manager
   * @param source where they are taken from
   */
  public Parameters(NDManager manager, ParameterSource source) {
    this.manager = manager;
    this.source = source;
  }

  /**
   * Takes a parameter that training may change.
   *
   * @param name its name
   * @param shape its shape
   * @return the array, owned by the model
   */
  public NDArray weight(String name, long... shape) {
    NDArray array = take(name, shape);
    trainable.put(name, array);
    return array;
  }

  /**
   * Takes a matrix that a file holds with inputs first and lays it out with outputs first, as
   * products of few rows read it. Training and files see it as the file has it.
   *
   * @param name its name
   * @param inputs its first axis
   * @param outputs its second axis
   * @return the array {@code [inputs, outputs]}, owned by the model; its transpose lies together
   */
  public NDArray outputsFirst(String name, long inputs, long outputs) {
    NDArray array;
    try (NDArray taken = source.take(name, manager, inputs, outputs);
        NDArray across = taken.transpose();
        NDArray line = across.reshape(inputs * outputs);
        NDArray rows = line.reshape(outputs, inputs)) {
      ParameterSource.requireSingle(name, taken);
      array = own(rows.transpose());
    }
    trainable.put(name, array);
    return array;
  }

  /**
   * Takes an array that gradient descent does not change, such as a running mean.
   *
   * @param name its name
   * @param shape its shape
   * @return the array, owned by the model
   */
  public NDArray buffer(String name, long... shape) {
    NDArray array = take(name, shape);
    buffers.put(name, array);
    return array;
  }

  /**
   * Takes several parameters and joins them along the first axis, so that one operation applies
   * them all. Training sees the joined array, a file the parts.
   *
   * @param name the joined parameter's name
   * @param parts the names of its parts, in order
   * @param shape the shape of each part
   * @return the joined array, owned by the model
   */
  public NDArray joined(String name, List<String> parts, long... shape) {
    Map<String, Integer> rows = new LinkedHashMap<>();
    parts.forEach(part -> rows.put(part, Math.toIntExact(shape[0])));
    return stacked(name, rows, Arrays.copyOfRange(shape, 1, shape.length));
  }

  /**
   * Takes several parameters that differ in their first axis and joins them along it. Training sees
   * the joined array, a file the parts.
   *
   * @param name the joined parameter's name
   * @param rows the length of the first axis of each part by the part's name, in order
   * @param rest the other axes, the same for all parts
   * @return the joined array, owned by the model
   */
  public NDArray stacked(String name, Map<String, Integer> rows, long... rest) {
    List<Part> parts = new ArrayList<>();
    rows.forEach((part, n) -> parts.add(new Part(part, n)));
    NDArray array = own(source.takeJoined(rows, manager, rest));
    trainable.put(name, array);
    fused.put(name, parts);
    return array;
  }

  /**
   * Makes a constant that is neither trained nor stored.
   *
   * @param values its elements
   * @param shape its shape
   * @return the array, owned by the model
   */
  public NDArray constant(float[] values, long... shape) {
    // A program may hold the constant for longer than this array, which shares memory with Java.
    try (NDArray shared = manager.create(values, new Shape(shape))) {
      return own(Ops.copy(shared));
    }
  }

  /**
   * Makes a constant of one number a channel, to be applied to images {@code [N, C, H, W]}.
   *
   * @param values one a channel
   * @return {@code [1, C, 1, 1]}, owned by the model
   */
  public NDArray perChannel(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return constant(floats, 1, floats.length, 1, 1);
  }

  /**
   * Returns what training changes.
   *
   * @return name to live array, in the order of taking
   */
  public Map<String, NDArray> trainable() {
    return Collections.unmodifiableMap(trainable);
  }

  /**
   * Returns what gradient descent does not change.
   *
   * @return name to live array, in the order of taking
   */
  public Map<String, NDArray> buffers() {
    return Collections.unmodifiableMap(buffers);
  }

  /**
   * Returns the number of trainable elements.
   *
   * @return the number
   */
  public long count() {
    return trainable.values().stream().mapToLong(NDArray::size).sum();
  }

  /**
   * Returns the names of all arrays as a file holds them.
   *
   * @return the names, those of the parts of joined arrays
   */
  public Set<String> storedNames() {
    Set<String> names = new LinkedHashSet<>();
    trainable.forEach(
        (name, array) -> {
          List<Part> parts = fused.get(name);
          if (parts == null) {
            names.add(name);
          } else {
            parts.forEach(part -> names.add(part.name));
          }
        });
    names.addAll(buffers.keySet());
    return names;
  }

  /**
   * Returns one array as a file holds it, sharing the model's memory: what changes it changes the
   * model.
   *
   * @param name its name, that of a part for joined arrays
   * @return the live array, or a view of a joined one
   * @throws IllegalArgumentException if there is none of this name
   */
  public NDArray stored(String name) {
    Place place = place(name);
    NDArray whole = whole(place);
    return place.whole().equals(name)
        ? whole
        : whole.get(place.from() + ":" + (place.from() + place.rows()));
  }

  /**
   * Where an array of a file stands in what training sees.
   *
   * @param whole the name of the trainable array or buffer
   * @param from its first row there
   * @param rows how many rows it has there
   */
  public record Place(String whole, long from, long rows) {}

  /**
   * Finds where an array of a file stands in what training sees.
   *
   * @param name its name, that of a part for joined arrays
   * @return its place
   * @throws IllegalArgumentException if there is none of this name
   */
  public Place place(String name) {
    NDArray whole = trainable.containsKey(name) ? trainable.get(name) : buffers.get(name);
    if (whole != null && !fused.containsKey(name)) {
      Shape shape = whole.getShape();
      return new Place(name, 0, shape.dimension() == 0 ? 1 : shape.get(0));
    }
    for (Map.Entry<String, List<Part>> entry : fused.entrySet()) {
      long from = 0;
      for (Part part : entry.getValue()) {
        if (part.name.equals(name)) {
          return new Place(entry.getKey(), from, part.rows);
        }
        from += part.rows;
      }
    }
    throw new IllegalArgumentException(
        "the model has no parameter \"" + name + "\"" + NearNames.hint(name, storedNames()));
  }

  /**
   * Returns the shape of an array as a file holds it.
   *
   * @param name its name, that of a part for joined arrays
   * @return its shape
   * @throws IllegalArgumentException if there is none of this name
   */
  public Shape storedShape(String name) {
    Place place = place(name);
    Shape whole = whole(place).getShape();
    return whole.dimension() == 0 ? whole : new Shape(place.rows()).addAll(whole.slice(1));
  }

  private NDArray whole(Place place) {
    NDArray trained = trainable.get(place.whole());
    return trained == null ? buffers.get(place.whole()) : trained;
  }

  /**
   * Shows every array as a file holds it: joined ones in their parts.
   *
   * @param consumer takes name and array; the array is valid while the enclosing scope is
   */
  public void forEachStored(BiConsumer<String, NDArray> consumer) {
    trainable.forEach(
        (name, array) -> {
          List<Part> parts = fused.get(name);
          if (parts == null) {
            consumer.accept(name, array);
            return;
          }
          long from = 0;
          for (Part part : parts) {
            consumer.accept(part.name, array.get(from + ":" + (from + part.rows)));
            from += part.rows;
          }
        });
    buffers.forEach(consumer);
  }

  private NDArray take(String name, long... shape) {
    NDArray array = own(source.take(name, manager, shape));
    ParameterSource.requireSingle(name, array);
    return array;
  }

  private NDArray own(NDArray array) {
    array.attach(manager);
    NDScope.unregister(array);
    return array;
  }
}
