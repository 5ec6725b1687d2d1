package org.safety4j.core.nn.diffusion;

import java.util.concurrent.atomic.AtomicInteger;
import org.safety4j.core.model.Artifact;

/** A part that several models use and the last of them closes. */
final class Shared<A extends Artifact> {
  private final A part;
  private final AtomicInteger users = new AtomicInteger(1);

  private Shared(A part) {
    this.part = part;
  }

  static <A extends Artifact> Shared<A> of(A part) {
    return part == null ? null : new Shared<>(part);
  }

  static <A extends Artifact> Shared<A> join(Shared<A> shared) {
    if (shared != null) {
      shared.users.incrementAndGet();
    }
    return shared;
  }

  static <A extends Artifact> A get(Shared<A> shared) {
    return shared == null ? null : shared.part;
  }

  static void leave(Shared<?> shared) {
    if (shared != null && shared.users.decrementAndGet() == 0) {
      shared.part.close();
    }
  }
}
