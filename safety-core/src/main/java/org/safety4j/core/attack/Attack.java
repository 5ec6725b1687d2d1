package org.safety4j.core.attack;

import org.safety4j.core.method.Method;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.run.Run;

/**
 * Searches or trains against a target at a declared level of access.
 *
 * @param <M> the lowest rung, or kind of artifact, that it works on
 * @param <X> what it takes besides the target
 * @param <R> what it gives
 */
public interface Attack<M extends Artifact, X, R extends AttackResult> extends Method {
  /**
   * Returns the rung that the attack needs, so that campaigns can skip what does not fit.
   *
   * @return the class token of M
   */
  Class<M> requires();

  /**
   * Returns what the attack takes.
   *
   * @return the class token of X
   */
  Class<X> input();

  /**
   * Runs the attack.
   *
   * @param target the target; stays the caller's
   * @param input the input; stays the caller's
   * @param run seed, budget, cancellation
   * @return the result, to be closed by the caller
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   */
  R run(M target, X input, Run run);
}
