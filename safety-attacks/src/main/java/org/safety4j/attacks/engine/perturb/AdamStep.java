package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Scope;

/**
 * A step of Adam with its usual decays, 0.9 and 0.999, then the projection.
 *
 * @param rate the learning rate, greater than 0
 */
public record AdamStep(double rate) implements StepRule {
  private static final String FIRST = "adam-first";
  private static final String SECOND = "adam-second";

  /**
   * Checks the rate.
   *
   * @param rate the learning rate, greater than 0
   */
  public AdamStep {
    Require.positive("rate", rate);
  }

  /**
   * Makes a rule.
   *
   * @param rate the learning rate, greater than 0
   * @return the rule
   */
  public static AdamStep of(double rate) {
    return new AdamStep(rate);
  }

  @Override
  public NDArray step(
      Active active, Ball ball, NDArray x, NDArray gradient, Scope scope, int step) {
    return ball.project(free(active, x, gradient, scope, step), active.originals());
  }

  /**
   * Takes a step without a projection.
   *
   * @param active the samples, which keep the moments
   * @param x the points
   * @param gradient where the objective rises
   * @param scope the innermost scope
   * @param step the step's number, from 0
   * @return the next points
   */
  public NDArray free(Active active, NDArray x, NDArray gradient, Scope scope, int step) {
    if (!active.has(FIRST)) {
      active.put(scope, FIRST, gradient.zerosLike());
      active.put(scope, SECOND, gradient.zerosLike());
    }
    NDList next =
        Programs.all(
            "adam_step",
            x,
            gradient,
            active.get(FIRST),
            active.get(SECOND),
            Programs.scalar(x, rate),
            Programs.scalar(x, step + 1));
    active.put(scope, FIRST, next.get(1));
    active.put(scope, SECOND, next.get(2));
    return next.get(0);
  }
}
