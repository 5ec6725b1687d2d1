package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import java.util.function.Function;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;

/**
 * How an image classifier comes about: what hardening defenses and poisoning attacks take.
 *
 * @param id a short name, used in reports
 * @param initial makes the untrained model from randomness; the caller of it owns the model
 * @param options how it is trained
 * @param augmentation what happens to training images
 */
public record ClassifierRecipe(
    String id,
    Function<Rng, TrainableClassifier> initial,
    TrainingOptions options,
    Augmentation augmentation)
    implements Artifact {
  /** Changes training images. */
  @FunctionalInterface
  public interface Augmentation {
    /** Changes nothing. */
    Augmentation NONE = (images, samples, rng) -> images;

    /**
     * Changes a batch.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param samples the samples' numbers
     * @param rng randomness of this step
     * @return the changed batch, in [0, 1]
     */
    NDArray apply(NDArray images, int[] samples, Rng rng);
  }

  /** The loss of a batch under training. */
  @FunctionalInterface
  public interface Loss {
    /**
     * Computes the batch's mean loss, recorded as a graph back to the parameters.
     *
     * @param model the model under training
     * @param images the batch, augmented
     * @param labels int64 {@code [N]}
     * @param samples the samples' numbers
     * @param rng randomness of this step
     * @return a scalar
     */
    NDArray of(TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng);
  }

  /** Mean cross-entropy. */
  public static final Loss CROSS_ENTROPY =
      (model, images, labels, samples, rng) ->
          Ops.pick(Ops.logSoftmax(model.forward(images, true)), labels).mean().neg();

  /**
   * A recipe without augmentation.
   *
   * @param id a short name
   * @param initial makes the untrained model
   * @param options how it is trained
   */
  public ClassifierRecipe(
      String id, Function<Rng, TrainableClassifier> initial, TrainingOptions options) {
    this(id, initial, options, Augmentation.NONE);
  }

  /**
   * Trains with cross-entropy.
   *
   * @param data training data; stays the caller's
   * @param run seed, budget, cancellation, listener
   * @return the model, to be closed by the caller
   */
  public TrainableClassifier train(LabeledImages data, Run run) {
    return train(data, CROSS_ENTROPY, run);
  }

  /**
   * Trains with a loss.
   *
   * @param data training data; stays the caller's
   * @param loss what to minimise
   * @param run seed, budget, cancellation, listener
   * @return the model, to be closed by the caller
   */
  public TrainableClassifier train(LabeledImages data, Loss loss, Run run) {
    TrainableClassifier model = initial.apply(run.rng().derive("initial"));
    try {
      TrainingLoop.run(
          model,
          data.size(),
          (samples, epoch, rng) -> {
            NDArray images = Ops.rows(data.images(), samples);
            NDArray labels = Ops.rows(data.labelArray(), samples);
            NDArray changed = augmentation.apply(images, samples, rng.derive("augmentation"));
            return loss.of(model, changed, labels, samples, rng.derive("loss"));
          },
          options,
          run);
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Changes the options.
   *
   * @param value how it is trained
   * @return a copy
   */
  public ClassifierRecipe withOptions(TrainingOptions value) {
    return new ClassifierRecipe(id, initial, value, augmentation);
  }

  /** A recipe holds nothing native. */
  @Override
  public void close() {}
}
