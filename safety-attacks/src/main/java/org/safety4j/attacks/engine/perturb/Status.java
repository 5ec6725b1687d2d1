package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;

/** What the host learns of one step, in one transfer. */
public final class Status {
  private final float[] values;
  private final int n;

  private Status(float[] values, int n) {
    this.values = values;
    this.n = n;
  }

  /**
   * Reads answers, losses and the gradient's condition.
   *
   * @param sight what was seen
   * @return the status
   */
  public static Status of(Sight sight) {
    NDArray scores = sight.logits() == null ? sight.values().expandDims(1) : sight.logits();
    float[] values =
        Programs.call("status", scores, sight.values(), sight.gradient()).toFloatArray();
    return new Status(values, values.length / 4);
  }

  /**
   * Returns a row's answer. Means nothing where the sight has no logits.
   *
   * @param row the row
   * @return a class
   */
  public int answer(int row) {
    return (int) values[row];
  }

  /**
   * Returns a row's loss.
   *
   * @param row the row
   * @return the loss
   */
  public float loss(int row) {
    return values[n + row];
  }

  /**
   * Returns all losses.
   *
   * @return one a row
   */
  public float[] losses() {
    float[] losses = new float[n];
    System.arraycopy(values, n, losses, 0, n);
    return losses;
  }

  /**
   * Averages the losses.
   *
   * @return their mean
   */
  public double meanLoss() {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += loss(i);
    }
    return sum / Math.max(1, n);
  }

  /**
   * Tells whether a row's gradient is zero everywhere.
   *
   * @param row the row
   * @return true if it is
   */
  public boolean zero(int row) {
    return values[2 * n + row] != 0;
  }

  /**
   * Tells whether a row's gradient has an entry that is not finite.
   *
   * @param row the row
   * @return true if it has
   */
  public boolean bad(int row) {
    return values[3 * n + row] != 0;
  }

  /** Tells whether any row's gradient is not finite. */
  boolean anyBad() {
    for (int i = 0; i < n; i++) {
      if (bad(i)) {
        return true;
      }
    }
    return false;
  }
}
