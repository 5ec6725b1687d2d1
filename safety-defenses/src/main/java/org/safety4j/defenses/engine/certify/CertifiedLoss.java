package org.safety4j.defenses.engine.certify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.train.ClassifierRecipe;

/**
 * Cross-entropy of the images mixed with that of the worst logits that bounds allow in a growing
 * ball. Counts its steps, so it serves one training.
 */
public final class CertifiedLoss implements ClassifierRecipe.Loss {
  /**
   * How the loss changes over training.
   *
   * @param epsilon last radius of the Linf ball, in (0, 1]
   * @param cleanShare last weight of the images' own cross-entropy, in [0, 1]; the first is 1
   * @param warmup share of the steps before the ball grows, in [0, 1)
   * @param grown share of the steps after which it is full, in (warmup, 1]
   * @param relaxed whether margins are bounded by linear relaxation at first and by intervals more
   *     and more
   */
  public record Plan(
      double epsilon, double cleanShare, double warmup, double grown, boolean relaxed) {
    /**
     * Checks the ranges.
     *
     * @param epsilon last radius of the Linf ball, in (0, 1]
     * @param cleanShare last weight of the images' own cross-entropy, in [0, 1]; the first is 1
     * @param warmup share of the steps before the ball grows, in [0, 1)
     * @param grown share of the steps after which it is full, in (warmup, 1]
     * @param relaxed whether margins are bounded by linear relaxation at first and by intervals
     *     more and more
     */
    public Plan {
      Require.that(epsilon > 0 && epsilon <= 1, "epsilon must be in (0, 1], was " + epsilon);
      Require.inRange("cleanShare", cleanShare, 0, 1);
      Require.inRange("warmup", warmup, 0, Math.nextDown(1.0));
      Require.that(grown > warmup && grown <= 1, "grown must be in (warmup, 1], was " + grown);
    }
  }

  private final Plan plan;
  private final long steps;
  private long done;

  /**
   * Sets plan and length.
   *
   * @param plan how the loss changes
   * @param steps steps of the whole training, at least 1
   */
  public CertifiedLoss(Plan plan, long steps) {
    Require.that(steps >= 1, "steps must be at least 1, was " + steps);
    this.plan = plan;
    this.steps = steps;
  }

  @Override
  public NDArray of(
      TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng) {
    if (!(model instanceof LayeredNetwork network)) {
      throw new UnsupportedModel(
          "bounds need a LayeredNetwork, the recipe makes a "
              + model.getClass().getSimpleName()
              + "; build one by LayeredNetwork.builder");
    }
    double at = (double) done++ / steps;
    double growth = Math.max(0, Math.min(1, (at - plan.warmup()) / (plan.grown() - plan.warmup())));
    NDArray clean = crossEntropy(network.forward(images, true), labels);
    if (growth == 0) {
      return clean;
    }
    NDArray radius =
        images
            .getManager()
            .ones(new Shape(samples.length, 1, 1, 1))
            .mul((float) (growth * plan.epsilon()));
    NDArray margins = margins(network, Box.linf(images, radius), labels, growth);
    double cleanShare = 1 - growth * (1 - plan.cleanShare());
    return clean
        .mul((float) cleanShare)
        .add(crossEntropy(margins.neg(), labels).mul((float) (1 - cleanShare)));
  }

  private NDArray margins(LayeredNetwork network, Box box, NDArray labels, double growth) {
    NDArray interval = BoundPropagation.margins(network, box, labels, BoundMethod.INTERVAL);
    if (!plan.relaxed() || growth == 1) {
      return interval;
    }
    NDArray relaxed = BoundPropagation.margins(network, box, labels, BoundMethod.CROWN_INTERVAL);
    return relaxed.mul((float) (1 - growth)).add(interval.mul((float) growth));
  }

  private static NDArray crossEntropy(NDArray logits, NDArray labels) {
    return Ops.pick(Ops.logSoftmax(logits), labels).mean().neg();
  }
}
