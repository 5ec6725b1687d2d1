package org.safety4j.core.run;

import java.util.concurrent.atomic.AtomicBoolean;

/** Lets one thread stop a run on another: methods look at it every step. */
public final class CancelToken {
  private final AtomicBoolean cancelled = new AtomicBoolean();

  /** Makes a token that is not cancelled. */
  public CancelToken() {}

  /** Asks the run to stop within one step. */
  public void cancel() {
    cancelled.set(true);
  }

  /**
   * Tells whether {@link #cancel} was called.
   *
   * @return true once cancelled
   */
  public boolean isCancelled() {
    return cancelled.get();
  }
}
