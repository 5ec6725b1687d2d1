package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Scope;

/**
 * A step along the gradient's sign: steepest ascent for the Linf norm.
 *
 * @param size how far each pixel value moves, greater than 0
 */
public record SignStep(double size) implements StepRule {
  /**
   * Checks the size.
   *
   * @param size how far each pixel value moves, greater than 0
   */
  public SignStep {
    Require.that(size >= 0, "step size must be at least 0, was " + size);
  }

  /**
   * Makes a rule.
   *
   * @param size how far each pixel value moves, greater than 0
   * @return the rule
   */
  public static SignStep of(double size) {
    return new SignStep(size);
  }

  @Override
  public NDArray step(
      Active active, Ball ball, NDArray x, NDArray gradient, Scope scope, int step) {
    NDArray alpha = Programs.scalar(x, size);
    if (ball.norm() == Norm.LINF) {
      NDArray radius = Programs.scalar(x, ball.epsilon());
      return Programs.call("sign_step_linf", x, gradient, active.originals(), alpha, radius);
    }
    return ball.project(Programs.call("sign_step", x, gradient, alpha), active.originals());
  }
}
