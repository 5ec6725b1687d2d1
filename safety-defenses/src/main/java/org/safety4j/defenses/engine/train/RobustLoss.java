package org.safety4j.defenses.engine.train;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.train.ClassifierRecipe;

/**
 * A training loss in two parts: adversarial images are searched, then a loss of them is minimised.
 */
public interface RobustLoss extends ClassifierRecipe.Loss {
  /**
   * Searches adversarial images.
   *
   * @param model the model under training
   * @param images the batch, float32 {@code [N, C, H, W]} in [0, 1]
   * @param labels int64 {@code [N]}
   * @param samples the samples' numbers
   * @param rng randomness of this step
   * @return images in the batch's shape, outside of any graph
   */
  NDArray search(TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng);

  /**
   * Computes what is minimised, recorded as a graph back to the parameters.
   *
   * @param model the model under training
   * @param images the batch
   * @param adversarial what {@link #search} found
   * @param labels int64 {@code [N]}
   * @return a scalar
   */
  NDArray minimised(TrainableClassifier model, NDArray images, NDArray adversarial, NDArray labels);

  @Override
  default NDArray of(
      TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng) {
    return minimised(model, images, search(model, images, labels, samples, rng), labels);
  }
}
