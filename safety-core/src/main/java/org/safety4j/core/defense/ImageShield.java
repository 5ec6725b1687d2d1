package org.safety4j.core.defense;

import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * A shield of image classifiers, which offers at most scores unless it is {@link Differentiable}.
 */
public interface ImageShield extends Shield<ImageClassifier.Black> {
  @Override
  default Class<ImageClassifier.Black> requires() {
    return ImageClassifier.Black.class;
  }

  @Override
  default Class<? extends ImageClassifier.Black> keeps(ImageClassifier.Black model) {
    return model instanceof ImageClassifier.Gray
        ? ImageClassifier.Gray.class
        : ImageClassifier.Black.class;
  }

  @Override
  default Protected<ImageClassifier.Black> apply(ImageClassifier.Black model, Run run) {
    return apply(model, ImageClassifier.Black.class, run);
  }

  /**
   * Wraps a model that gives scores.
   *
   * @param model the model; stays the caller's
   * @param run seed, budget, cancellation, data
   * @return the shielded model, with scores
   */
  default Protected<ImageClassifier.Gray> apply(ImageClassifier.Gray model, Run run) {
    return apply(model, ImageClassifier.Gray.class, run);
  }

  /** A shield with an exact gradient or a BPDA backward pass. */
  interface Differentiable extends ImageShield {
    @Override
    default Class<? extends ImageClassifier.Black> keeps(ImageClassifier.Black model) {
      return model instanceof ImageClassifier.White
          ? ImageClassifier.White.class
          : ImageShield.super.keeps(model);
    }

    /**
     * Wraps a model that gives gradients.
     *
     * @param model the model; stays the caller's
     * @param run seed, budget, cancellation, data
     * @return the shielded model, with gradients through the shield
     */
    default Protected<ImageClassifier.White> apply(ImageClassifier.White model, Run run) {
      return apply(model, ImageClassifier.White.class, run);
    }
  }
}
