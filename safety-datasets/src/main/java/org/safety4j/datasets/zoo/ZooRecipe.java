package org.safety4j.datasets.zoo;

import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
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
 * @param epsilon Linf radius that hardened models are trained against and that all are measured at,
 *     in (0, 1]
 */
public record ZooRecipe(
    ClassifierRecipe classifier,
    ClassifierRecipe.Loss loss,
    ImageSet train,
    ImageSet test,
    double epsilon) {
  /**
   * Checks the radius.
   *
   * @param classifier architecture, schedule and augmentation
   * @param loss what standard training minimises
   * @param train the training split
   * @param test the held-out split
   * @param epsilon in (0, 1]
   * @throws IllegalArgumentException if the radius is outside its range
   */
  public ZooRecipe {
    Require.positive("epsilon", epsilon);
    Require.inRange("epsilon", epsilon, 0, 1);
  }

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
