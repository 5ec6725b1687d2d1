package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Hardening;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.defenses.engine.train.RobustLoss;

/** Hardening that trains a recipe's model with a robust loss instead of cross-entropy. */
public interface AdversarialHardening
    extends Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> {
  /**
   * Returns what is searched in the ball, and what is minimised then.
   *
   * @return the loss
   */
  RobustLoss loss();

  @Override
  default Class<ClassifierRecipe> requires() {
    return ClassifierRecipe.class;
  }

  @Override
  default Class<LabeledImages> needs() {
    return LabeledImages.class;
  }

  @Override
  default Protected<ImageClassifier.White> apply(
      ClassifierRecipe recipe, LabeledImages data, Run run) {
    return Protected.made(this, recipe, recipe.train(data, loss(), run));
  }
}
