package org.safety4j.examples;

import static org.safety4j.testkit.assertions.SafetyAssertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;

/** The README's example of holding a classifier to its robustness. */
class RobustnessOfMyModelTest {
  private final ImageClassifier.White classifier = Zoo.digitsVit().open();
  private final LabeledImages images = Digits.test().first(50).open();

  @AfterEach
  void free() {
    images.close();
    classifier.close();
  }

  @Test
  void classifierKeepsItsRobustness() {
    assertThat(classifier)
        .on(images)
        .underAttack(Pgd.linf(0.02).withSteps(10))
        .withinSeconds(60)
        .hasRobustAccuracyAtLeast(0.40);
  }
}
