package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/** The model's own gradient: one forward and one backward pass, counted as one query. */
public final class ModelGradient implements GradientSource {
  private final Attempt attempt;
  private final Objective objective;

  ModelGradient(Attempt attempt, Objective objective) {
    this.attempt = attempt;
    this.objective = objective;
  }

  /**
   * Makes the source of a loss that is to rise.
   *
   * @param attempt who counts
   * @param loss the loss
   * @return the source
   */
  public static ModelGradient of(Attempt attempt, LogitLoss loss) {
    return new ModelGradient(attempt, new Objective(loss, true));
  }

  @Override
  public Sight look(Active active, NDArray x, Scope scope, Rng rng) {
    try (Linearized at = attempt.model().linearize(x)) {
      attempt.charge(active.samples(), 1);
      NDArray logits = Ops.copy(at.logits());
      // The pass may close the manager of its own arrays, which a copy hangs on at first.
      logits.attach(x.getManager());
      NDArray values = objective.values(logits, active, scope);
      NDArray gradient = at.lastPullback(objective.cotangent(logits, active, scope));
      return new Sight(gradient, values, logits);
    }
  }

  @Override
  public int cost() {
    return 1;
  }
}
