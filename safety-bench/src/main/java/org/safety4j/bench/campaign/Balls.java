package org.safety4j.bench.campaign;

import java.util.Optional;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.method.Method;

/** The balls that methods keep to. */
final class Balls {
  private static final double EVERYWHERE = 1e6;

  private Balls() {}

  /** The ball of a method, unless it has none or one that holds every image. */
  static Optional<Ball> of(Method method) {
    if (method instanceof Constrained<?> constrained) {
      Ball ball = constrained.ball();
      double limit = ball.norm() == Norm.LINF ? 1 : EVERYWHERE;
      return ball.epsilon() < limit ? Optional.of(ball) : Optional.empty();
    }
    return Optional.empty();
  }
}
