package org.safety4j.attacks.engine.query;

import java.util.Arrays;
import org.safety4j.core.model.ImageClassifier;

/** What a model answered for a batch of rows; rows that no budget was left for have no answer. */
public final class Replies {
  private final int[] answers;
  private final double[] losses;
  private final boolean[] reached;
  private int answered;

  Replies(int rows) {
    answers = new int[rows];
    losses = new double[rows];
    reached = new boolean[rows];
    Arrays.fill(answers, ImageClassifier.Black.REJECTED);
    Arrays.fill(losses, Double.NaN);
  }

  void set(int row, int answer, double loss, boolean hit) {
    answers[row] = answer;
    losses[row] = loss;
    reached[row] = hit;
  }

  void answeredUpTo(int rows) {
    answered = rows;
  }

  /**
   * Returns how many rows were answered: the first ones.
   *
   * @return rows with an answer
   */
  public int answered() {
    return answered;
  }

  /**
   * Tells whether a row was answered.
   *
   * @param row the row
   * @return true if it was
   */
  public boolean has(int row) {
    return row < answered;
  }

  /**
   * Returns a row's class.
   *
   * @param row the row
   * @return the class; {@link ImageClassifier.Black#REJECTED} if it was rejected, not answered, or
   *     scored with NaN
   */
  public int answer(int row) {
    return answers[row];
  }

  /**
   * Returns a row's loss.
   *
   * @param row the row
   * @return the loss, larger is better for the attack; NaN without scores
   */
  public double loss(int row) {
    return losses[row];
  }

  /**
   * Tells whether a row reached the goal.
   *
   * @param row the row
   * @return true if it was answered and did
   */
  public boolean reached(int row) {
    return reached[row];
  }
}
