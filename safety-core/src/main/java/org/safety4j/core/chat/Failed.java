package org.safety4j.core.chat;

import java.time.Duration;

/** An attempt that failed; what that means for the call is decided by {@link EndpointClient}. */
final class Failed extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean retryable;
  private final transient Duration pause;
  private final String more;
  private final String remedy;

  private Failed(
      String what, String more, String remedy, boolean retryable, Duration wait, Throwable cause) {
    super(what, cause);
    this.more = more;
    this.remedy = remedy;
    this.retryable = retryable;
    this.pause = wait;
  }

  static Failed forGood(String what, String remedy) {
    return new Failed(what, "", remedy, false, null, null);
  }

  static Failed forNow(String what, String remedy, Duration wait, Throwable cause) {
    return new Failed(what, "", remedy, true, wait, cause);
  }

  Failed butNotAgain(String value) {
    return new Failed(getMessage(), value, remedy, false, null, getCause());
  }

  /** What is known beside the message, which may quote the service. */
  String more() {
    return more;
  }

  boolean retryable() {
    return retryable;
  }

  /** How long the service wants to be left alone; null if it did not say. */
  Duration pause() {
    return pause;
  }

  String remedy() {
    return remedy;
  }
}
