package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.vision.adversarial.Eot;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.NoSuchMethod;
import org.safety4j.core.method.Catalog;
import org.safety4j.core.method.Method;

/**
 * Makes the attacks that a defense names as adaptive, with the budget of the attacks that they
 * stand beside: in each norm the ball that most of the campaign's attacks share, the larger of two;
 * a ball of another norm where the campaign has none of the attack's own and the attack allows it.
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

  /**
   * The adaptive attacks of some ids that the campaign does not list itself.
   *
   * @param random whether the answers of what they attack vary, so that one success is luck
   */
  List<EvasionAttack<?>> of(List<String> ids, boolean random) {
    List<EvasionAttack<?>> attacks = new ArrayList<>();
    for (String id : ids) {
      EvasionAttack<?> attack = create(id);
      if (attack != null && !isListed(attack)) {
        attacks.add(
            random && attack instanceof Eot eot ? eot.withFinish(Finish.HIGHEST_LOSS) : attack);
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
      for (Ball ball : preferred(constrained.ball().norm())) {
        Object adapted = within(constrained, ball);
        if (adapted instanceof EvasionAttack<?> attack) {
          return attack;
        }
      }
    }
    return method instanceof EvasionAttack<?> attack ? attack : null;
  }

  /** The campaign's balls, that of the attack's own norm first. */
  private List<Ball> preferred(Norm norm) {
    List<Ball> preferred = new ArrayList<>(balls.values());
    preferred.sort(Comparator.comparing(ball -> ball.norm() != norm));
    return preferred;
  }

  /** The attack within a ball, or null where it does not work in that norm. */
  private static Object within(Constrained<?> attack, Ball ball) {
    try {
      return attack.withBall(ball);
    } catch (IllegalArgumentException e) {
      return null;
    }
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
