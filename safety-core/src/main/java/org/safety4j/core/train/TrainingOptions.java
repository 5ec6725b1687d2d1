package org.safety4j.core.train;

import java.nio.file.Path;
import java.util.Optional;
import org.safety4j.core.error.Require;

/**
 * How a model is trained.
 *
 * @param epochs passes over the data, at least 1
 * @param batchSize samples a step, at least 1; the last batch of an epoch may be smaller
 * @param optimizer the update rule
 * @param schedule the learning rate
 * @param maxGradientNorm joint norm to which gradients are clipped; infinite for none
 * @param accumulate batches whose gradients are averaged before an update, at least 1
 * @param emaDecay decay of the average of the weights that the trained model ends with, in [0, 1);
 *     0 for the last weights
 * @param checkpoint folder for checkpoints after every epoch, from which a killed training goes on;
 *     empty for none
 */
public record TrainingOptions(
    int epochs,
    int batchSize,
    Optimizer.Config optimizer,
    Schedule schedule,
    double maxGradientNorm,
    int accumulate,
    double emaDecay,
    Optional<Path> checkpoint) {
  /**
   * Checks the ranges.
   *
   * @param epochs passes over the data, at least 1
   * @param batchSize samples a step, at least 1; the last batch of an epoch may be smaller
   * @param optimizer the update rule
   * @param schedule the learning rate
   * @param maxGradientNorm joint norm to which gradients are clipped; infinite for none
   * @param accumulate batches whose gradients are averaged before an update, at least 1
   * @param emaDecay decay of the average of the weights that the trained model ends with, in [0,
   *     1); 0 for the last weights
   * @param checkpoint folder for checkpoints after every epoch, from which a killed training goes
   *     on; empty for none
   */
  public TrainingOptions {
    Require.atLeast("epochs", epochs, 1);
    Require.atLeast("batchSize", batchSize, 1);
    Require.that(
        maxGradientNorm > 0, "maxGradientNorm must be greater than 0, was " + maxGradientNorm);
    Require.atLeast("accumulate", accumulate, 1);
    Require.inRange("emaDecay", emaDecay, 0, Math.nextDown(1.0));
  }

  /**
   * AdamW with warm-up and cosine decay.
   *
   * @param epochs passes over the data
   * @param batchSize samples a step
   * @param peakRate the highest learning rate
   * @return options with weight decay 0.01, warm-up over a tenth of the steps and gradients clipped
   *     at 1
   */
  public static TrainingOptions adamW(int epochs, int batchSize, double peakRate) {
    return new TrainingOptions(
        epochs,
        batchSize,
        Optimizer.Config.adamW(0.01),
        Schedule.cosine(peakRate, 0.1),
        1.0,
        1,
        0,
        Optional.empty());
  }

  /**
   * SGD with momentum 0.9 and a triangular schedule.
   *
   * @param epochs passes over the data
   * @param batchSize samples a step
   * @param peakRate the highest learning rate
   * @return options with weight decay 5e-4 and no clipping
   */
  public static TrainingOptions sgd(int epochs, int batchSize, double peakRate) {
    return new TrainingOptions(
        epochs,
        batchSize,
        Optimizer.Config.sgd(0.9).withWeightDecay(5e-4),
        Schedule.triangle(peakRate, 0.3),
        Double.POSITIVE_INFINITY,
        1,
        0,
        Optional.empty());
  }

  /**
   * Changes the number of epochs.
   *
   * @param value at least 1
   * @return a copy
   */
  public TrainingOptions withEpochs(int value) {
    return new TrainingOptions(
        value, batchSize, optimizer, schedule, maxGradientNorm, accumulate, emaDecay, checkpoint);
  }

  /**
   * Changes the update rule.
   *
   * @param value the settings
   * @return a copy
   */
  public TrainingOptions withOptimizer(Optimizer.Config value) {
    return new TrainingOptions(
        epochs, batchSize, value, schedule, maxGradientNorm, accumulate, emaDecay, checkpoint);
  }

  /**
   * Changes the learning rate.
   *
   * @param value the schedule
   * @return a copy
   */
  public TrainingOptions withSchedule(Schedule value) {
    return new TrainingOptions(
        epochs, batchSize, optimizer, value, maxGradientNorm, accumulate, emaDecay, checkpoint);
  }

  /**
   * Changes the number of batches an update.
   *
   * @param value at least 1
   * @return a copy
   */
  public TrainingOptions withAccumulate(int value) {
    return new TrainingOptions(
        epochs, batchSize, optimizer, schedule, maxGradientNorm, value, emaDecay, checkpoint);
  }

  /**
   * Changes the decay of the average of the weights.
   *
   * @param value in [0, 1)
   * @return a copy
   */
  public TrainingOptions withEmaDecay(double value) {
    return new TrainingOptions(
        epochs, batchSize, optimizer, schedule, maxGradientNorm, accumulate, value, checkpoint);
  }

  /**
   * Changes the bound on the joint norm of the gradients.
   *
   * @param value greater than 0; infinite for none
   * @return a copy
   */
  public TrainingOptions withMaxGradientNorm(double value) {
    return new TrainingOptions(
        epochs, batchSize, optimizer, schedule, value, accumulate, emaDecay, checkpoint);
  }

  /**
   * Keeps checkpoints, and goes on from one that is there.
   *
   * @param folder where; made if it is not there
   * @return a copy
   */
  public TrainingOptions withCheckpoint(Path folder) {
    return new TrainingOptions(
        epochs,
        batchSize,
        optimizer,
        schedule,
        maxGradientNorm,
        accumulate,
        emaDecay,
        Optional.of(folder));
  }
}
