package org.safety4j.attacks.vision.adversarial;

import java.util.List;
import org.safety4j.attacks.engine.perturb.GradientTransform;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.Require;

/**
 * How a surrogate is ascended by the attacks that are meant to transfer: equal steps of epsilon
 * over their number along the sign of a sum of gradients, all of them taken, the last image kept.
 *
 * @param ball an Linf ball
 * @param steps number of steps, at least 0; 10 by default
 * @param decay what momentum keeps of the sum from step to step, at least 0; 1 by default
 * @param nesterov whether momentum looks ahead
 * @param target which class is wanted; any wrong one by default
 * @param also further transforms of the gradient, before momentum; none by default
 */
public record Surrogate(
    Ball ball,
    int steps,
    double decay,
    boolean nesterov,
    Target target,
    List<GradientTransform> also) {
  /**
   * Checks the ranges and copies the transforms.
   *
   * @param ball an Linf ball
   * @param steps number of steps, at least 0; 10 by default
   * @param decay what momentum keeps of the sum from step to step, at least 0; 1 by default
   * @param nesterov whether momentum looks ahead
   * @param target which class is wanted; any wrong one by default
   * @param also further transforms of the gradient, before momentum; none by default
   */
  public Surrogate {
    Steps.requireNorm(ball, Norm.LINF);
    Require.atLeast("steps", steps, 0);
    Require.that(decay >= 0, "decay must be at least 0, was " + decay);
    also = List.copyOf(also);
  }

  static Surrogate in(Ball ball) {
    return new Surrogate(ball, 10, 1, false, Target.any(), List.of());
  }

  Surrogate looksAhead() {
    return new Surrogate(ball, steps, decay, true, target, also);
  }

  Surrogate withBall(Ball value) {
    return new Surrogate(value, steps, decay, nesterov, target, also);
  }

  Surrogate withSteps(int value) {
    return new Surrogate(ball, value, decay, nesterov, target, also);
  }

  Surrogate withDecay(double value) {
    return new Surrogate(ball, steps, value, nesterov, target, also);
  }

  Surrogate withTarget(Target value) {
    return new Surrogate(ball, steps, decay, nesterov, value, also);
  }

  Surrogate with(GradientTransform... more) {
    return new Surrogate(ball, steps, decay, nesterov, target, List.of(more));
  }
}
