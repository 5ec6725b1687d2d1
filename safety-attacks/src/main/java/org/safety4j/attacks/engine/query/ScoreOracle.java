package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;

/**
 * A model of which the scores are asked, seen through a loss. A row whose loss is NaN counts as
 * rejected.
 */
public final class ScoreOracle extends Oracle {
  private final ImageClassifier.Gray model;
  private final LogitLoss loss;
  private final int[] classes;
  private long notANumber;

  /**
   * Makes an oracle.
   *
   * @param model the model; stays the caller's
   * @param loss what the attack ascends
   * @param classes the class that the loss is told for each sample: its label, or its target
   * @param goal when a sample has fallen
   * @param ledger the account
   * @param run seed, clock and token
   */
  public ScoreOracle(
      ImageClassifier.Gray model,
      LogitLoss loss,
      int[] classes,
      Goal goal,
      QueryLedger ledger,
      Run run) {
    super(model, goal, ledger, run);
    this.model = model;
    this.loss = loss;
    this.classes = classes.clone();
  }

  /**
   * Tells how often the loss was NaN.
   *
   * @return rows so far
   */
  public long notANumber() {
    return notANumber;
  }

  @Override
  void answer(NDArray batch, int[] samples, int from, Replies into) {
    NDArray logits = model.logits(batch);
    int rows = Math.toIntExact(logits.getShape().get(0));
    int[] told = new int[rows];
    for (int i = 0; i < rows; i++) {
      told[i] = classes[samples[from + i]];
    }
    float[] losses = loss.values(logits, Ops.index(logits.getManager(), told)).toFloatArray();
    long[] best = logits.argMax(1).toLongArray();
    for (int i = 0; i < rows; i++) {
      int answer = (int) best[i];
      if (Float.isNaN(losses[i])) {
        notANumber++;
        answer = ImageClassifier.Black.REJECTED;
      }
      into.set(from + i, answer, losses[i], goal().reached(samples[from + i], answer));
    }
  }
}
