package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.tensor.Scope;

/** Moves points along a gradient and back into the constraint set. */
@FunctionalInterface
public interface StepRule {
  /**
   * Takes a step.
   *
   * @param active the samples
   * @param ball the ball around the originals, met with the box
   * @param x the points, {@code [n, C, H, W]}
   * @param gradient where the objective rises, in the same shape
   * @param scope the innermost scope
   * @param step the step's number, from 0
   * @return the next points, within ball and box
   */
  NDArray step(Active active, Ball ball, NDArray x, NDArray gradient, Scope scope, int step);
}
