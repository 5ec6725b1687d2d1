package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.NoSuchMethod;
import org.safety4j.core.method.Catalog;
import org.safety4j.core.method.Method;

/**
 * Makes the attacks that a defense names as adaptive, with the budget of the attacks that they
 * stand beside: in each norm the ball that most of the campaign's attacks share, the larger of two.
 */
final class Adaptive {
  private final List<EvasionAttack<?>> listed;
  private final Map<Norm, Ball> balls = new LinkedHashMap<>();

  Adaptive(List<EvasionAttack<?>> listed) {
    this.listed = listed;
    Map<Ball, Integer> counts = new LinkedHashMap<>();
    for (EvasionAttack<?> attack : listed) {
      Balls.of(attack).ifPresent(ball -> counts.merge(ball, 1, Integer::sum));
    }
    counts.forEach(
        (ball, count) ->
            balls.merge(
                ball.norm(),
                ball,
                (old, other) ->
                    counts.get(other) > counts.get(old)
                            || counts.get(other).equals(counts.get(old))
                                && other.epsilon() > old.epsilon()
                        ? other
                        : old));
  }

  /** The adaptive attacks of some ids that the campaign does not list itself. */
  List<EvasionAttack<?>> of(List<String> ids) {
    List<EvasionAttack<?>> attacks = new ArrayList<>();
    for (String id : ids) {
      EvasionAttack<?> attack = create(id);
      if (attack != null && !isListed(attack)) {
        attacks.add(attack);
      }
    }
    return attacks;
  }

  /** Ids that are not registered, or attack something else, give nothing; the report says so. */
  private EvasionAttack<?> create(String id) {
    Method method;
    try {
      method = Catalog.create(id);
    } catch (NoSuchMethod e) {
      return null;
    }
    if (method instanceof Constrained<?> constrained) {
      Ball ball = balls.get(constrained.ball().norm());
      if (ball != null && constrained.withBall(ball) instanceof EvasionAttack<?> adapted) {
        return adapted;
      }
    }
    return method instanceof EvasionAttack<?> attack ? attack : null;
  }

  private boolean isListed(EvasionAttack<?> attack) {
    for (EvasionAttack<?> other : listed) {
      if (other.info().id().equals(attack.info().id())
          && Balls.of(other).equals(Balls.of(attack))) {
        return true;
      }
    }
    return false;
  }
}
