package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.attack.PairLoss;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.tensor.Scope;

/**
 * A loss and whether it is to rise or to fall; what is reported and followed is always a figure to
 * raise.
 *
 * @param loss the loss
 * @param rising whether it is to rise
 */
record Objective(LogitLoss loss, boolean rising) {
  private static final String PAIRS = "pairs";

  NDArray values(NDArray logits, Active active, Scope scope) {
    NDArray values = loss.values(logits, labels(active, scope));
    return rising ? values : values.neg();
  }

  NDArray cotangent(NDArray logits, Active active, Scope scope) {
    NDArray cotangent = loss.cotangent(logits, labels(active, scope));
    return rising ? cotangent : cotangent.neg();
  }

  private NDArray labels(Active active, Scope scope) {
    if (!(loss instanceof PairLoss)) {
      return active.targets() == null ? active.labels() : active.targets();
    }
    if (active.targets() == null) {
      throw new IllegalArgumentException(loss + " needs a target; give one by towards(...)");
    }
    if (!active.has(PAIRS)) {
      active.put(scope, PAIRS, active.labels().stack(active.targets(), 1));
    }
    return active.get(PAIRS);
  }
}
