package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Adds up gradients, each divided by its mean absolute value, with a decay; optionally looks ahead
 * along the sum before it takes a gradient (Nesterov).
 *
 * @param decay what is kept of the sum from step to step, at least 0; 1 keeps all
 * @param lookAhead how far to look ahead along the decayed sum; 0 does not
 */
public record Momentum(double decay, double lookAhead) implements GradientTransform {
  private static final String SUM = "momentum";

  /**
   * Checks the ranges.
   *
   * @param decay what is kept of the sum from step to step, at least 0; 1 keeps all
   * @param lookAhead how far to look ahead along the decayed sum; 0 does not
   */
  public Momentum {
    Require.that(decay >= 0, "decay must be at least 0, was " + decay);
    Require.that(lookAhead >= 0, "lookAhead must be at least 0, was " + lookAhead);
  }

  /**
   * Momentum without a look ahead.
   *
   * @param decay at least 0
   * @return the transform
   */
  public static Momentum of(double decay) {
    return new Momentum(decay, 0);
  }

  /**
   * Nesterov's momentum.
   *
   * @param decay at least 0
   * @param stepSize the step size of the attack
   * @return the transform
   */
  public static Momentum nesterov(double decay, double stepSize) {
    return new Momentum(decay, stepSize);
  }

  @Override
  public GradientSource wrap(GradientSource inner) {
    return new GradientSource() {
      @Override
      public Sight look(Active active, NDArray x, Scope scope, Rng rng) {
        boolean first = !active.has(SUM);
        boolean ahead = lookAhead > 0 && decay > 0 && !first;
        NDArray point = ahead ? x.add(active.get(SUM).mul(lookAhead * decay)) : x;
        Sight sight = inner.look(active, point, scope, rng);
        NDArray sum = first ? sight.gradient().zerosLike() : active.get(SUM);
        NDArray next =
            Programs.call("accumulate", sight.gradient(), sum, Programs.scalar(x, decay));
        active.put(scope, SUM, next);
        Sight shaped = sight.withGradient(next);
        return ahead ? shaped.elsewhere() : shaped;
      }

      @Override
      public int cost() {
        return inner.cost();
      }
    };
  }
}
