package org.safety4j.examples;

import ai.djl.ndarray.NDArray;
import org.safety4j.attacks.vision.adversarial.Square;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;

/**
 * The README's example of a model behind an API, here a bundled model that plays the remote one.
 */
public final class MeteredEndpoint {
  /** Scores pictures, as a client of a web service would. */
  @FunctionalInterface
  interface Client {
    float[][] scores(NDArray batch);
  }

  private MeteredEndpoint() {}

  /**
   * Runs the example.
   *
   * @param args none
   */
  public static void main(String[] args) {
    try (ImageClassifier.White model = Zoo.digitsVit().open();
        LabeledImages images = Digits.test().first(50).open()) {
      attack(batch -> rows(model.logits(batch)), images);
    }
  }

  private static void attack(Client client, LabeledImages images) {
    ImageClassifier.Gray remote = ImageClassifier.gray(10, batch -> client.scores(batch));
    ImageClassifier.Gray metered =
        Access.restrict(remote, ImageClassifier.Gray.class, Budget.queries(1_000));
    EvasionResult result = Square.linf(0.1).run(metered, images, Run.seed(0));
    System.out.println(Access.usage(metered));
    System.out.println(result);
    result.close();
  }

  private static float[][] rows(NDArray logits) {
    float[] flat = logits.toFloatArray();
    int n = (int) logits.getShape().get(0);
    int classes = flat.length / n;
    float[][] rows = new float[n][classes];
    for (int i = 0; i < n; i++) {
      System.arraycopy(flat, i * classes, rows[i], 0, classes);
    }
    logits.close();
    return rows;
  }
}
