package org.safety4j.core.attack;

import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;

/**
 * Changes images so that a classifier errs.
 *
 * @param <M> the rung that it needs
 */
public interface EvasionAttack<M extends ImageClassifier.Black>
    extends Attack<M, LabeledImages, EvasionResult> {
  @Override
  default Class<LabeledImages> input() {
    return LabeledImages.class;
  }

  /** An attack that sees labels only. */
  interface Black extends EvasionAttack<ImageClassifier.Black> {
    @Override
    default Class<ImageClassifier.Black> requires() {
      return ImageClassifier.Black.class;
    }
  }

  /** An attack that sees scores. */
  interface Gray extends EvasionAttack<ImageClassifier.Gray> {
    @Override
    default Class<ImageClassifier.Gray> requires() {
      return ImageClassifier.Gray.class;
    }
  }

  /** An attack that takes gradients. */
  interface White extends EvasionAttack<ImageClassifier.White> {
    @Override
    default Class<ImageClassifier.White> requires() {
      return ImageClassifier.White.class;
    }
  }
}
