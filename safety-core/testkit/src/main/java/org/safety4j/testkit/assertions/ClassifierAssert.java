package org.safety4j.testkit.assertions;

import org.assertj.core.api.AbstractAssert;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.ImageClassifier;

/**
 * Assertions about an image classifier.
 *
 * @param <M> the rung
 */
public final class ClassifierAssert<M extends ImageClassifier.Black>
    extends AbstractAssert<ClassifierAssert<M>, M> {
  private LabeledImages images;

  ClassifierAssert(M actual) {
    super(actual, ClassifierAssert.class);
  }

  /**
   * Says which images count.
   *
   * @param data the images; stays the caller's
   * @return this assertion
   */
  public ClassifierAssert<M> on(LabeledImages data) {
    images = data;
    return this;
  }

  /**
   * Verifies the accuracy on the images as they are.
   *
   * @param bound in [0, 1]
   * @return this assertion
   */
  public ClassifierAssert<M> hasAccuracyAtLeast(double bound) {
    isNotNull();
    int[] labels = needImages().labels();
    int[] answers = actual.labels(images.images());
    boolean[] right = new boolean[labels.length];
    for (int i = 0; i < right.length; i++) {
      right[i] = answers[i] == labels[i];
    }
    Rate rate = Rate.of(right, "images");
    if (Rates.isClearlyBelow(rate, bound)) {
      failWithMessage("%s", Rates.text("accuracy", rate, "below", bound));
    }
    return this;
  }

  /**
   * Says which attack to run. It runs when the next assertion asks for it, with seed 0.
   *
   * @param attack an attack that the classifier's rung allows
   * @return an assertion about what the attack does
   */
  public UnderAttackAssert<M> underAttack(EvasionAttack<? super M> attack) {
    isNotNull();
    return new UnderAttackAssert<>(actual, needImages(), attack);
  }

  private LabeledImages needImages() {
    if (images == null) {
      throw new IllegalArgumentException("say which images count by on(images) first");
    }
    return images;
  }
}
