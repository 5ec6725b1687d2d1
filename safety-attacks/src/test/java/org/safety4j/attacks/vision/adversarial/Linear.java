package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;

/** Linear classifiers and images well inside the box, where optima are known in closed form. */
final class Linear {
  static final Shape SHAPE = new Shape(1, 3, 4);
  static final int D = 12;

  private Linear() {}

  static double[] weights(long seed) {
    try (NDManager m = Tensors.newManager()) {
      float[] w = Rng.of(seed).normal(m, new Shape(D)).toFloatArray();
      double[] doubles = new double[D];
      for (int i = 0; i < D; i++) {
        doubles[i] = w[i];
      }
      return doubles;
    }
  }

  /** Two classes that split the middle of the box. */
  static LinearClassifier binary(long seed) {
    double[] w = weights(seed);
    double sum = 0;
    for (double v : w) {
      sum += v;
    }
    return LinearClassifier.halfSpace(w, -sum / 2, SHAPE);
  }

  static LinearClassifier multiclass(int classes, long seed) {
    double[][] w = new double[classes][];
    double[] b = new double[classes];
    for (int k = 0; k < classes; k++) {
      w[k] = weights(seed + 100 * k);
      for (double v : w[k]) {
        b[k] -= v / 2;
      }
    }
    return LinearClassifier.of(w, b, SHAPE);
  }

  static LabeledImages images(LinearClassifier model, int n) {
    return TestImages.labelledBy(model, n, 3);
  }

  static float[] image(float[] pixels, int i) {
    return java.util.Arrays.copyOfRange(pixels, i * D, (i + 1) * D);
  }

  /** The last images' margins less the originals', in the attack's favour. */
  static double[] drops(LinearClassifier model, LabeledImages images, EvasionResult result) {
    float[] before = images.images().toFloatArray();
    float[] after = result.adversarials().toFloatArray();
    int[] labels = images.labels();
    double[] drops = new double[labels.length];
    for (int i = 0; i < drops.length; i++) {
      drops[i] =
          model.margin(image(before, i), labels[i]) - model.margin(image(after, i), labels[i]);
    }
    return drops;
  }
}
