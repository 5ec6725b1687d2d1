package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.testkit.models.LinearClassifier;

/** What tests of attacks by queries share. */
final class QueryTests {
  private QueryTests() {}

  /** Images that the model classifies with a margin of at least 0.4. */
  static LabeledImages clear(LinearClassifier model, int n) {
    try (LabeledImages many = Linear.images(model, 20 * n)) {
      int[] chosen = new int[n];
      int count = 0;
      for (int i = 0; i < many.size() && count < n; i++) {
        if (margin(model, many, i) >= 0.4) {
          chosen[count++] = i;
        }
      }
      return many.subset(chosen);
    }
  }

  /** The best loss that a sample's trace ends with. */
  static double last(EvasionResult result, int sample) {
    double[] values = result.traces().get(sample).values();
    return values[values.length - 1];
  }

  static double margin(LinearClassifier model, LabeledImages images, int sample) {
    float[] x = Linear.image(images.images().toFloatArray(), sample);
    return model.margin(x, images.labels()[sample]);
  }

  static double distance(LinearClassifier model, LabeledImages images, int sample, Norm norm) {
    float[] x = Linear.image(images.images().toFloatArray(), sample);
    return model.distance(x, images.labels()[sample], norm);
  }

  /** A radius that no attack can succeed within on any of the images. */
  static double hopeless(LinearClassifier model, LabeledImages images, Norm norm) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < images.size(); i++) {
      least = Math.min(least, distance(model, images, i, norm));
    }
    return 0.9 * least;
  }
}
