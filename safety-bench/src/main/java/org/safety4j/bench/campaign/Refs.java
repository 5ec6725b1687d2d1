package org.safety4j.bench.campaign;

import java.util.Optional;
import org.safety4j.bench.stats.MethodRef;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.method.Citation;
import org.safety4j.core.method.Method;
import org.safety4j.core.method.MethodInfo;

/** Names methods for cells. */
final class Refs {
  private Refs() {}

  static MethodRef of(Method method) {
    return of(method, Canonical.of(method));
  }

  /** A name for a method that is neither stored nor hashed: it may hold anything. */
  static MethodRef loosely(Method method, int number) {
    try {
      return of(method);
    } catch (IllegalArgumentException e) {
      return of(method, "{\"number\":" + number + "}");
    }
  }

  private static MethodRef of(Method method, String config) {
    MethodInfo info = method.info();
    Citation c = info.citation();
    Optional<Ball> ball = Balls.of(method);
    return new MethodRef(
        info.id(),
        info.name(),
        config,
        info.access().name(),
        ball.map(value -> value.norm().name()).orElse(null),
        ball.map(Ball::epsilon).orElse(null),
        c.authors() + ", \"" + c.title() + "\", " + c.venue() + " " + c.year());
  }
}
