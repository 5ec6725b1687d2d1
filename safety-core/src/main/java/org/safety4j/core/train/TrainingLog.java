package org.safety4j.core.train;

import java.util.List;

/**
 * What happened in training.
 *
 * @param losses mean loss of every epoch
 * @param steps updates done
 * @param seconds wall time of this call
 */
public record TrainingLog(List<Double> losses, long steps, double seconds) {
  /**
   * Copies the losses.
   *
   * @param losses mean loss of every epoch
   * @param steps updates done
   * @param seconds wall time of this call
   */
  public TrainingLog {
    losses = List.copyOf(losses);
  }

  /**
   * Returns the last epoch's mean loss.
   *
   * @return the loss
   */
  public double lastLoss() {
    return losses.get(losses.size() - 1);
  }
}
