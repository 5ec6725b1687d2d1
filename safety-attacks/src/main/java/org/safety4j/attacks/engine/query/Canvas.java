package org.safety4j.attacks.engine.query;

import java.util.SplittableRandom;

/**
 * One image under random search, on the Java heap: the original, the best so far, and the sample's
 * own randomness, which depends on nothing else in the batch.
 */
public final class Canvas {
  private final int sample;
  private final int channels;
  private final int height;
  private final int width;
  private final float[] original;
  private final float[] current;
  private final SplittableRandom random;
  private final long limit;

  /**
   * Makes a canvas.
   *
   * @param sample the sample's number
   * @param channels C
   * @param height H
   * @param width W
   * @param pixels the image, in {@code [C, H, W]} order
   * @param random the sample's own generator
   * @param limit most queries that the sample may cost
   */
  public Canvas(
      int sample,
      int channels,
      int height,
      int width,
      float[] pixels,
      SplittableRandom random,
      long limit) {
    this.sample = sample;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.original = pixels.clone();
    this.current = pixels.clone();
    this.random = random;
    this.limit = limit;
  }

  /**
   * Returns the sample's number.
   *
   * @return its place in the input
   */
  public int sample() {
    return sample;
  }

  /**
   * Returns the number of channels.
   *
   * @return C
   */
  public int channels() {
    return channels;
  }

  /**
   * Returns the height.
   *
   * @return H
   */
  public int height() {
    return height;
  }

  /**
   * Returns the width.
   *
   * @return W
   */
  public int width() {
    return width;
  }

  /**
   * Returns the number of values.
   *
   * @return C*H*W
   */
  public int size() {
    return original.length;
  }

  /**
   * Finds a value's place.
   *
   * @param channel the channel
   * @param row the row
   * @param column the column
   * @return its place in {@code [C, H, W]} order
   */
  public int place(int channel, int row, int column) {
    return (channel * height + row) * width + column;
  }

  /**
   * Reads the original.
   *
   * @param place the place
   * @return the value before the attack
   */
  public float original(int place) {
    return original[place];
  }

  /**
   * Reads the best image so far.
   *
   * @param place the place
   * @return its value
   */
  public float current(int place) {
    return current[place];
  }

  /**
   * Returns the sample's randomness.
   *
   * @return one sequence for the whole search
   */
  public SplittableRandom random() {
    return random;
  }

  /**
   * Returns the sample's limit, for schedules that are stretched over it.
   *
   * @return most queries that the sample may cost
   */
  public long limit() {
    return limit;
  }

  /**
   * Limits a value to the box.
   *
   * @param value any value
   * @return the nearest one in [0, 1]
   */
  public static float box(double value) {
    return (float) Math.max(0, Math.min(1, value));
  }

  void apply(Edits edits) {
    for (int i = 0; i < edits.size(); i++) {
      current[edits.place(i)] = edits.value(i);
    }
  }

  float[] pixels() {
    return current;
  }
}
