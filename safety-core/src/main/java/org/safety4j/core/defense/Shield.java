package org.safety4j.core.defense;

import org.safety4j.core.model.Model;
import org.safety4j.core.run.Run;

/**
 * Wraps a model's inference: transforms inputs, detects, guards. A shield keeps the rung of what it
 * wraps as far as it honestly can: one that is not differentiable has no White rung, so that masked
 * gradients cannot pass for robustness.
 *
 * @param <F> the family's lowest rung
 */
public non-sealed interface Shield<F extends Model> extends Defense<F, F> {
  /**
   * Wraps a model as a given rung.
   *
   * @param <M> the rung
   * @param model the model; stays the caller's
   * @param rung the rung to offer
   * @param run seed, budget, cancellation, data
   * @return the shielded model
   * @throws IllegalArgumentException if the shield cannot keep that rung
   */
  <M extends F> Protected<M> apply(M model, Class<M> rung, Run run);

  /**
   * Tells the highest rung that the shield keeps.
   *
   * @param model a model
   * @return a rung that the model offers
   */
  Class<? extends F> keeps(F model);
}
