package org.safety4j.core.defense;

import org.safety4j.core.model.Artifact;
import org.safety4j.core.run.Run;

/**
 * Trains a model so that it resists.
 *
 * @param <A> the recipe that is trained
 * @param <D> the training data
 * @param <B> the model
 */
public non-sealed interface Hardening<A extends Artifact, D extends Artifact, B extends Artifact>
    extends Defense<A, B> {
  /**
   * Returns the type of the training data.
   *
   * @return the class token of D
   */
  Class<D> needs();

  /**
   * Trains.
   *
   * @param recipe architecture and hyper-parameters
   * @param data training data; stays the caller's
   * @param run seed, budget, cancellation
   * @return the trained model, to be closed by the caller
   */
  Protected<B> apply(A recipe, D data, Run run);

  /** Trains with the data that {@code run.withData} holds. */
  @Override
  default Protected<B> apply(A recipe, Run run) {
    return apply(recipe, RunData.need(run, needs(), info().id()), run);
  }
}
