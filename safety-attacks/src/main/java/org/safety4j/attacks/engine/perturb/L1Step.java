package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Scope;

/**
 * A step of fixed L1 length, shared equally by the entries where the gradient is largest and the
 * box leaves room. One entry alone is steepest ascent for the L1 norm; a few move faster.
 *
 * @param size the step's L1 length, greater than 0
 * @param share the share of entries that move, in (0, 1]; at least one entry moves
 */
public record L1Step(double size, double share) implements StepRule {
  /**
   * Checks the ranges.
   *
   * @param size the step's L1 length, greater than 0
   * @param share the share of entries that move, in (0, 1]; at least one entry moves
   */
  public L1Step {
    Require.that(size >= 0, "step size must be at least 0, was " + size);
    Require.that(share > 0 && share <= 1, "share must be in (0, 1], was " + share);
  }

  /**
   * Makes a rule.
   *
   * @param size the step's L1 length, greater than 0
   * @param share the share of entries that move, in (0, 1]
   * @return the rule
   */
  public static L1Step of(double size, double share) {
    return new L1Step(size, share);
  }

  @Override
  public NDArray step(
      Active active, Ball ball, NDArray x, NDArray gradient, Scope scope, int step) {
    long entries = active.elementShape().size();
    long moving = Math.max(1, Math.round(share * entries));
    NDArray k = x.getManager().create(moving);
    NDArray next = Programs.call("l1_step", x, gradient, Programs.scalar(x, size), k);
    return ball.project(next, active.originals());
  }
}
