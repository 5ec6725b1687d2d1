package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/** A model of which only the label is asked. */
public final class LabelOracle extends Oracle {
  private final ImageClassifier.Black model;

  /**
   * Makes an oracle.
   *
   * @param model the model; stays the caller's
   * @param goal when a sample has fallen
   * @param ledger the account
   * @param run seed, clock and token
   */
  public LabelOracle(ImageClassifier.Black model, Goal goal, QueryLedger ledger, Run run) {
    super(model, goal, ledger, run);
    this.model = model;
  }

  @Override
  void answer(NDArray batch, int[] samples, int from, Replies into) {
    int[] labels = model.labels(batch);
    for (int i = 0; i < labels.length; i++) {
      boolean hit = goal().reached(samples[from + i], labels[i]);
      into.set(from + i, labels[i], Double.NaN, hit);
    }
  }
}
