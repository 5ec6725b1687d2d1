package org.safety4j.core.defense;

import org.safety4j.core.model.Artifact;
import org.safety4j.core.run.Run;

/**
 * Changes the weights of a trained model: prunes, unlearns, edits.
 *
 * @param <A> what it takes
 * @param <B> what it gives
 */
public non-sealed interface Repair<A extends Artifact, B extends Artifact> extends Defense<A, B> {
  /**
   * A repair that needs data.
   *
   * @param <A> what it takes
   * @param <D> the data
   * @param <B> what it gives
   */
  interface OnData<A extends Artifact, D extends Artifact, B extends Artifact>
      extends Repair<A, B> {
    /**
     * Returns the type of the data.
     *
     * @return the class token of D
     */
    Class<D> needs();

    /**
     * Repairs a model.
     *
     * @param model the model; stays the caller's
     * @param data the data; stays the caller's
     * @param run seed, budget, cancellation
     * @return the repaired model, to be closed by the caller
     */
    Protected<B> apply(A model, D data, Run run);

    /** Repairs with the data that {@code run.withData} holds. */
    @Override
    default Protected<B> apply(A model, Run run) {
      return apply(model, RunData.need(run, needs(), info().id()), run);
    }
  }
}
