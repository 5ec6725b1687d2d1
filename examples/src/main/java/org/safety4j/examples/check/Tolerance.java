package org.safety4j.examples.check;

/**
 * How far a value may be off: by {@code absolute}, or by {@code relative} times the largest value
 * that is expected, whichever is more.
 *
 * @param absolute at least 0
 * @param relative at least 0
 */
record Tolerance(double absolute, double relative) {
  /** Ids, counts and texts. */
  static final Tolerance EXACT = new Tolerance(0, 0);

  /** Outputs of a model in single precision. */
  static final Tolerance OUTPUT = new Tolerance(1e-4, 0);

  /** Gradients in single precision. */
  static final Tolerance GRADIENT = new Tolerance(0, 1e-3);

  /** Where a long way of single precision steps grows large values. */
  static final Tolerance TRAJECTORY = new Tolerance(1e-4, 1e-6);

  /** Real models of many layers, whose weights were dequantised by another program. */
  static final Tolerance REAL_MODEL = new Tolerance(0, 2e-3);

  /** Log-probabilities of such models. */
  static final Tolerance LOG_PROBABILITY = new Tolerance(0.02, 0);

  /** Tells whether an error is small enough; NaN never is. */
  boolean allows(double error, double largest) {
    return error <= Math.max(absolute, relative * largest);
  }
}
