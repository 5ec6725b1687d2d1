package org.safety4j.attacks.engine.query;

import org.safety4j.core.model.ImageClassifier;

/** When an answer means that a sample has fallen. */
@FunctionalInterface
public interface Goal {
  /**
   * Judges an answer.
   *
   * @param sample the sample's number
   * @param answer the model's class for a changed image, or {@link ImageClassifier.Black#REJECTED}
   * @return true if the sample has fallen
   */
  boolean reached(int sample, int answer);

  /**
   * Any class but the true one. A rejected image has not fooled the model.
   *
   * @param labels the true classes
   * @return the goal
   */
  static Goal untargeted(int[] labels) {
    int[] own = labels.clone();
    return (sample, answer) -> answer != own[sample] && answer != ImageClassifier.Black.REJECTED;
  }

  /**
   * One class for each sample.
   *
   * @param targets the classes wanted
   * @return the goal
   */
  static Goal targeted(int[] targets) {
    int[] own = targets.clone();
    return (sample, answer) -> answer == own[sample];
  }
}
