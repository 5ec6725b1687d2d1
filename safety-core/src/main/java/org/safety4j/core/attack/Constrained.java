package org.safety4j.core.attack;

/**
 * An attack that keeps within a ball, and can be given another one: adaptive attacks must run with
 * the budget of the attack that they stand for. Step sizes are kept as shares of epsilon, so that
 * they do not go stale.
 *
 * @param <S> the attack's own type
 */
public interface Constrained<S> {
  /**
   * Returns the ball.
   *
   * @return norm and radius
   */
  Ball ball();

  /**
   * Changes the ball.
   *
   * @param ball norm and radius
   * @return a copy
   */
  S withBall(Ball ball);
}
