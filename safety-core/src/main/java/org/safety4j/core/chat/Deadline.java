package org.safety4j.core.chat;

import java.time.Duration;
import org.safety4j.core.error.RunCancelled;

/** The end of a call. */
record Deadline(long end, Duration length) {
  static Deadline in(Duration length) {
    return new Deadline(System.nanoTime() + length.toNanos(), length);
  }

  long remaining() {
    return end - System.nanoTime();
  }

  /** Returns the nanoseconds that a wait may take. */
  long bound(Duration wait) {
    return Math.max(0, Math.min(wait.toNanos(), remaining()));
  }

  static void sleep(long nanos) {
    if (nanos <= 0) {
      return;
    }
    try {
      Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  static RunCancelled interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new RunCancelled("the thread was interrupted while it waited for an endpoint", e);
  }
}
