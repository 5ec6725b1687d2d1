package org.safety4j.defenses.engine.train;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.ClassifierRecipe;

/** The losses of adversarial training: what is searched in the ball, and what is minimised then. */
public final class RobustObjective {
  private RobustObjective() {}

  /**
   * Cross-entropy of the images of highest cross-entropy.
   *
   * @param inner the search
   * @return the loss
   */
  public static ClassifierRecipe.Loss adversarial(InnerMaximisation inner) {
    return (model, images, labels, samples, rng) -> {
      NDArray attacked = highestCrossEntropy(inner, model, images, labels, samples, rng);
      return RobustLosses.crossEntropy(model.forward(attacked, true), labels).mean();
    };
  }

  /**
   * Cross-entropy of the images plus {@code beta} times the divergence of the answers for the
   * images of highest divergence.
   *
   * @param inner the search
   * @param beta weight of the divergence, at least 0
   * @return the loss
   */
  public static ClassifierRecipe.Loss divergence(InnerMaximisation inner, double beta) {
    return (model, images, labels, samples, rng) -> {
      NDArray fixed = answers(inner, model, images);
      NDArray attacked =
          inner.maximise(
              model, images, samples, logits -> RobustLosses.divergence(fixed, logits), rng);
      NDArray clean = model.forward(images, true);
      NDArray adversarial = model.forward(attacked, true);
      return RobustLosses.crossEntropy(clean, labels)
          .mean()
          .add(RobustLosses.divergence(clean, adversarial).mean().mul((float) beta));
    };
  }

  /**
   * Boosted cross-entropy of the images of highest cross-entropy, plus {@code lambda} times the
   * divergence, weighted by how unsure the model is of the clean image.
   *
   * @param inner the search
   * @param lambda weight of the divergence, at least 0
   * @return the loss
   */
  public static ClassifierRecipe.Loss misclassificationAware(
      InnerMaximisation inner, double lambda) {
    return (model, images, labels, samples, rng) -> {
      NDArray attacked = highestCrossEntropy(inner, model, images, labels, samples, rng);
      NDArray clean = model.forward(images, true);
      NDArray adversarial = model.forward(attacked, true);
      NDArray unsure = RobustLosses.probability(clean, labels).neg().add(1);
      NDArray divergence = RobustLosses.divergence(clean, adversarial).mul(unsure);
      return RobustLosses.boostedCrossEntropy(adversarial, labels)
          .mean()
          .add(divergence.mean().mul((float) lambda));
    };
  }

  private static NDArray highestCrossEntropy(
      InnerMaximisation inner,
      TrainableClassifier model,
      NDArray images,
      NDArray labels,
      int[] samples,
      Rng rng) {
    return inner.maximise(
        model, images, samples, logits -> RobustLosses.crossEntropy(logits, labels), rng);
  }

  private static NDArray answers(
      InnerMaximisation inner, TrainableClassifier model, NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(Grad.detach(model.forward(images, inner.trainingMode())));
    }
  }
}
