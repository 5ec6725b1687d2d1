package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;

/** Where a search begins. */
public enum Start {
  /** At the original. */
  ORIGINAL,
  /** At a random point of the ball: uniform for Linf, uniform direction and radius otherwise. */
  RANDOM;

  /**
   * Finds the starting points.
   *
   * @param active the samples
   * @param ball the ball
   * @param rng where the randomness comes from
   * @return {@code [n, C, H, W]} within ball and box; the originals themselves for {@link
   *     #ORIGINAL}
   */
  NDArray of(Active active, Ball ball, Rng rng) {
    NDArray originals = active.originals();
    if (this == ORIGINAL) {
      return Ops.copy(originals);
    }
    return ball.project(originals.add(offset(active, ball, rng)), originals);
  }

  private static NDArray offset(Active active, Ball ball, Rng rng) {
    NDManager manager = active.originals().getManager();
    Shape element = active.elementShape();
    double epsilon = ball.epsilon();
    return switch (ball.norm()) {
      case LINF -> rng.uniform(manager, active.ids(), element, -epsilon, epsilon);
      case L2, L1 -> {
        NDArray direction = rng.normal(manager, active.ids(), element);
        NDArray radius =
            rng.derive("radius").uniform(manager, active.ids(), new Shape(1, 1, 1), 0, epsilon);
        NDArray length = ball.norm().of(direction).reshape(-1, 1, 1, 1);
        yield direction.mul(radius.div(length));
      }
      case L0 -> throw new IllegalArgumentException("an L0 ball has no random start");
    };
  }
}
