package org.safety4j.core.defense;

import org.safety4j.core.method.Method;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.run.Run;

/**
 * Turns an artifact into a protected one.
 *
 * @param <A> what it takes
 * @param <B> what it gives
 */
public sealed interface Defense<A extends Artifact, B extends Artifact> extends Method
    permits DataFilter, Hardening, Repair, Shield, Mark {
  /**
   * Returns what the defense takes, so that campaigns can skip what does not fit.
   *
   * @return the class token of A
   */
  Class<A> requires();

  /**
   * Applies the defense.
   *
   * @param artifact what to protect; stays the caller's and must stay open while the result is used
   * @param run seed, budget, cancellation, and data where the defense needs some
   * @return the protected artifact, to be closed by the caller
   */
  Protected<B> apply(A artifact, Run run);
}
