package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Scope;

/**
 * A step of fixed length along the gradient: steepest ascent for the L2 norm.
 *
 * @param size the step's length, greater than 0
 */
public record L2Step(double size) implements StepRule {
  /**
   * Checks the size.
   *
   * @param size the step's length, greater than 0
   */
  public L2Step {
    Require.that(size >= 0, "step size must be at least 0, was " + size);
  }

  /**
   * Makes a rule.
   *
   * @param size the step's length, greater than 0
   * @return the rule
   */
  public static L2Step of(double size) {
    return new L2Step(size);
  }

  @Override
  public NDArray step(
      Active active, Ball ball, NDArray x, NDArray gradient, Scope scope, int step) {
    NDArray next = Programs.call("l2_step", x, gradient, Programs.scalar(x, size));
    return ball.project(next, active.originals());
  }
}
