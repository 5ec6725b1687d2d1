package org.safety4j.datasets.zoo;

import java.nio.file.Path;
import java.util.List;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingOptions;

/**
 * How a small model of the zoo comes about, and by what figures of its own it is measured. Image
 * classifiers that are measured by their accuracy have a {@link ZooRecipe} instead.
 *
 * @param <M> the model
 */
public interface MiniRecipe<M extends Model & Trainable> {
  /**
   * Names the model.
   *
   * @return such as {@code mini-ddpm}
   */
  String id();

  /**
   * Returns the model's class.
   *
   * @return the class token
   */
  Class<M> type();

  /**
   * Makes an untrained model.
   *
   * @param rng what its parameters are drawn from
   * @return the model, to be closed by the caller
   */
  M initial(Rng rng);

  /**
   * Tells how the published model was trained.
   *
   * @return epochs, batches, schedule
   */
  TrainingOptions options();

  /**
   * Trains a model.
   *
   * @param model the model, from {@link #initial}; stays the caller's
   * @param options how; {@link #options()}, or a shorter or a resumable training
   * @param run seed, budget, cancellation, listener
   * @return what happened
   */
  TrainingLog train(M model, TrainingOptions options, Run run);

  /**
   * Opens a stored model.
   *
   * @param files its files
   * @return the model, to be closed by the caller
   */
  M open(ModelFiles files);

  /**
   * Measures a model on data that it has not seen.
   *
   * @param model the model
   * @param most upper bound on the samples that each figure is measured on, at least 20
   * @param rng randomness of the measurement
   * @return the figures
   */
  List<MiniFigure> measure(M model, int most, Rng rng);

  /**
   * Tells what the model is, what it learnt from, and under which licences, for its card.
   *
   * @return Markdown; empty if the model gets no card
   */
  default String about() {
    return "";
  }

  /**
   * Trains the model as published.
   *
   * @param run seed, budget, cancellation, listener
   * @return the model, to be closed by the caller
   */
  default M train(Run run) {
    M model = initial(run.rng().derive("initial"));
    try {
      train(model, options(), run);
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Stores a model in full precision.
   *
   * @param model the model; stays the caller's
   * @param folder the folder, made if it is not there
   */
  default void save(M model, Path folder) {
    Models.save(model, folder);
  }
}
