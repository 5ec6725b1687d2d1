package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;

/**
 * A model that is asked in batches, row by row on some sample's account. Before every forward pass
 * it looks at the run's token and clock, and it never asks more than the ledger allows; where the
 * model itself refuses for its budget, the ledger is closed and what was answered before stays.
 */
public abstract class Oracle {
  /** Most rows in one forward pass. */
  static final int MOST_ROWS = 128;

  /** Most values in one forward pass, 64 MB of float32. */
  private static final long MOST_VALUES = 1L << 24;

  private final ImageClassifier.Black model;
  private final Goal goal;
  private final QueryLedger ledger;
  private final Run run;

  Oracle(ImageClassifier.Black model, Goal goal, QueryLedger ledger, Run run) {
    this.model = model;
    this.goal = goal;
    this.ledger = ledger;
    this.run = run;
  }

  /**
   * Returns the ledger.
   *
   * @return what was spent and is left
   */
  public final QueryLedger ledger() {
    return ledger;
  }

  /**
   * Returns the model.
   *
   * @return the model that is asked
   */
  public final ImageClassifier.Black model() {
    return model;
  }

  /**
   * Returns the run.
   *
   * @return seed, clock and token
   */
  public final Run run() {
    return run;
  }

  /**
   * Returns the goal.
   *
   * @return when a sample has fallen
   */
  public final Goal goal() {
    return goal;
  }

  /**
   * Tells how many rows go well into one forward pass.
   *
   * @param element the shape of an image
   * @return at least 1, at most 128
   */
  public static int rows(Shape element) {
    return (int) Math.max(1, Math.min(MOST_ROWS, MOST_VALUES / Math.max(1, element.size())));
  }

  /**
   * Asks the model. Every row costs its sample one query.
   *
   * @param images float32 {@code [M, C, H, W]} in [0, 1]
   * @param samples the sample of each row; none may appear more often than it has queries left
   * @return the answers of the first rows, as many as the total allows
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   * @throws IllegalStateException if a sample has no query left
   */
  public final Replies ask(NDArray images, int... samples) {
    Replies replies = new Replies(samples.length);
    int most = rows(images.getShape().slice(1));
    int from = 0;
    while (from < samples.length) {
      if (!run.proceed()) {
        ledger.close("the run's time was used up");
      }
      int to = from + (int) Math.min(Math.min(most, samples.length - from), ledger.totalLeft());
      if (to == from) {
        break;
      }
      ledger.charge(samples, from, to);
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        boolean whole = from == 0 && to == images.getShape().get(0);
        answer(whole ? images : images.get(slice(from, to)), samples, from, replies);
      } catch (BudgetExceeded e) {
        ledger.refund(samples, from, to);
        ledger.close(e.getMessage());
        break;
      }
      from = to;
      replies.answeredUpTo(to);
    }
    return replies;
  }

  private static NDIndex slice(int from, int to) {
    return new NDIndex().addSliceDim(from, to);
  }

  /** Asks for one batch and writes each row's answer, the first one at {@code from}. */
  abstract void answer(NDArray batch, int[] samples, int from, Replies into);
}
