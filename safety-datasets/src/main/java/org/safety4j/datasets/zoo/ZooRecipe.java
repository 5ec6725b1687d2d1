package org.safety4j.datasets.zoo;

import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.datasets.images.ImageSet;

/**
 * How a model of the zoo is trained in the standard way: architecture, schedule, augmentation, loss
 * and data. Hardened models of the zoo use the same recipe with another loss.
 *
 * @param classifier architecture, schedule and augmentation
 * @param loss what standard training minimises
 * @param train the training split, as the augmentation wants it
 * @param test the held-out split, as the model wants it
 */
public record ZooRecipe(
    ClassifierRecipe classifier, ClassifierRecipe.Loss loss, ImageSet train, ImageSet test) {
  /**
   * Trains the model in the standard way.
   *
   * @param run seed, budget, cancellation, listener
   * @return the model, to be closed by the caller
   */
  public TrainableClassifier train(Run run) {
    try (LabeledImages data = train.open()) {
      return classifier.train(data, loss, run);
    }
  }
}
