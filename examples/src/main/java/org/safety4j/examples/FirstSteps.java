package org.safety4j.examples;

import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.defenses.vision.adversarial.JpegCompression;

/** The README's first example: attack a classifier, defend it, and attack the defense. */
public final class FirstSteps {
  private FirstSteps() {}

  /**
   * Runs the example.
   *
   * @param args none
   */
  public static void main(String[] args) {
    try (ImageClassifier.White vit = Zoo.digitsVit().open();
        LabeledImages images = Digits.test().first(100).open();
        EvasionResult attack = Pgd.linf(0.1).withSteps(20).run(vit, images, Run.seed(0))) {
      System.out.println(attack); // success rate, interval, denominator, steps, seconds
      System.out.println(attack.robustAccuracy());

      Protected<ImageClassifier.White> shielded =
          JpegCompression.quality(60).apply(vit, Run.seed(0));
      EvasionResult adaptive = Pgd.linf(0.1).run(shielded.model(), images, Run.seed(0));
      System.out.println(adaptive.robustAccuracy()); // gradients go through the compression
      System.out.println(
          shielded.adaptiveAttacks()); // what else must be run before anyone believes it
    }
  }
}
