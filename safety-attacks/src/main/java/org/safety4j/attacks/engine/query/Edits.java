package org.safety4j.attacks.engine.query;

import java.util.Arrays;

/** Changes to a few values of an image, by their place in {@code [C, H, W]} order. */
public final class Edits {
  private int[] places = new int[64];
  private float[] values = new float[64];
  private int size;
  private int changes;
  private final Canvas canvas;

  Edits(Canvas canvas) {
    this.canvas = canvas;
  }

  /**
   * Sets one value. A place may be set only once before the next {@link #clear}.
   *
   * @param place its place, in [0, C*H*W)
   * @param value the new value, in [0, 1]
   */
  public void set(int place, float value) {
    if (size == places.length) {
      places = Arrays.copyOf(places, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    places[size] = place;
    values[size] = value;
    size++;
    if (canvas.current(place) != value) {
      changes++;
    }
  }

  /** Forgets all changes. */
  public void clear() {
    size = 0;
    changes = 0;
  }

  /**
   * Returns how many values are set.
   *
   * @return at least 0
   */
  public int size() {
    return size;
  }

  /**
   * Tells whether the current image would change.
   *
   * @return false if every value set is the one that stands there
   */
  public boolean changeSomething() {
    return changes > 0;
  }

  /**
   * Measures how far the image would be from the original.
   *
   * @return the L2 distance
   */
  public double distanceL2() {
    double sum = 0;
    for (int i = 0; i < canvas.size(); i++) {
      double d = (double) canvas.current(i) - canvas.original(i);
      sum += d * d;
    }
    for (int i = 0; i < size; i++) {
      double before = (double) canvas.current(places[i]) - canvas.original(places[i]);
      double now = (double) values[i] - canvas.original(places[i]);
      sum += now * now - before * before;
    }
    return Math.sqrt(Math.max(0, sum));
  }

  int place(int i) {
    return places[i];
  }

  float value(int i) {
    return values[i];
  }
}
