package org.safety4j.core.chat;

/** Spaces requests evenly. Safe for several threads. */
final class RateLimit {
  private final long spacing;
  private long next = System.nanoTime();

  RateLimit(int perMinute) {
    this.spacing = perMinute == 0 ? 0 : 60_000_000_000L / perMinute;
  }

  /** Takes the next slot and returns the nanoseconds until it. */
  synchronized long take() {
    if (spacing == 0) {
      return 0;
    }
    long now = System.nanoTime();
    long slot = Math.max(now, next);
    next = slot + spacing;
    return slot - now;
  }
}
