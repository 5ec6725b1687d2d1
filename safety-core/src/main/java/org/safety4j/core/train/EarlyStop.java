package org.safety4j.core.train;

import java.util.function.DoubleSupplier;
import org.safety4j.core.error.Require;

/**
 * Ends a training that no longer gets better on data set aside, and goes back to the best weights.
 *
 * @param validation computes a loss on the model as it stands, called after every epoch outside of
 *     any graph; must not depend on chance
 * @param patience epochs without improvement after which training ends, at least 1
 * @param minImprovement by how much the loss must fall below the best one to count, at least 0
 */
public record EarlyStop(DoubleSupplier validation, int patience, double minImprovement) {
  /**
   * Checks the ranges.
   *
   * @param validation computes a loss on the model as it stands
   * @param patience epochs without improvement after which training ends, at least 1
   * @param minImprovement by how much the loss must fall to count, at least 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public EarlyStop {
    Require.atLeast("patience", patience, 1);
    Require.inRange("minImprovement", minImprovement, 0, Double.MAX_VALUE);
  }
}
