package org.safety4j.defenses;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.SplittableRandom;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.core.train.Optimizer;
import org.safety4j.core.train.Schedule;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.defenses.engine.certify.LayeredNetwork;

/**
 * A problem on which standard training must fail and robust training can succeed: one pixel tells
 * the class nine times out of ten and stands 0.4 off the middle; 63 others tell it together almost
 * always, but each is only 0.05 off, which a ball of 0.1 turns around.
 */
public final class RobustFeature {
  public static final double EPSILON = 0.1;
  public static final Shape ELEMENT = new Shape(1, 8, 8);

  private RobustFeature() {}

  public static LabeledImages data(int n, long seed) {
    float[] pixels = new float[64 * n];
    int[] labels = new int[n];
    SplittableRandom random = Rng.of(seed).sequence();
    for (int i = 0; i < n; i++) {
      labels[i] = i % 2;
      double sign = labels[i] == 1 ? 1 : -1;
      double strong = random.nextDouble() < 0.9 ? sign : -sign;
      pixels[64 * i] = (float) (0.5 + 0.4 * strong);
      for (int j = 1; j < 64; j++) {
        double value = 0.5 + 0.05 * sign + 0.1 * random.nextGaussian();
        pixels[64 * i + j] = (float) Math.max(0, Math.min(1, value));
      }
    }
    return LabeledImages.of("robust-feature", pixels, ELEMENT, labels, List.of("minus", "plus"));
  }

  public static ClassifierRecipe linear(int epochs) {
    return recipe(
        epochs,
        rng ->
            LayeredNetwork.builder("linear", ELEMENT)
                .normalize(0.5, 0.5)
                .flatten()
                .linear(2)
                .build(rng));
  }

  public static ClassifierRecipe recipe(
      int epochs, java.util.function.Function<Rng, LayeredNetwork> initial) {
    TrainingOptions options =
        TrainingOptions.sgd(epochs, 50, 0.3)
            .withOptimizer(Optimizer.Config.sgd(0.9))
            .withSchedule(Schedule.constant(0.1));
    return new ClassifierRecipe("robust-feature", initial::apply, options);
  }

  public static double clean(ImageClassifier.Black model, LabeledImages data) {
    return Fixtures.accuracy(model, data.images(), data.labels());
  }

  /** Accuracy under a gradient attack of 10 steps in the ball. */
  public static double robust(ImageClassifier.White model, LabeledImages data) {
    try (Scope scope = Scope.open()) {
      return Fixtures.accuracy(
          model,
          Fixtures.ascend(
              model,
              data.images(),
              data.labelArray(),
              CrossEntropy.untargeted(),
              Ball.linf(EPSILON),
              10),
          data.labels());
    }
  }
}
