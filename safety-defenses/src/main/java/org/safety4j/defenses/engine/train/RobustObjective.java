package org.safety4j.defenses.engine.train;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/** The losses of adversarial training. */
public final class RobustObjective {
  private RobustObjective() {}

  /**
   * Cross-entropy of the images of highest cross-entropy.
   *
   * @param inner the search
   * @return the loss
   */
  public static RobustLoss adversarial(InnerMaximisation inner) {
    return new Adversarial(inner);
  }

  /**
   * Cross-entropy of the images plus {@code beta} times the divergence of the answers for the
   * images of highest divergence.
   *
   * @param inner the search
   * @param beta weight of the divergence, at least 0
   * @return the loss
   */
  public static RobustLoss divergence(InnerMaximisation inner, double beta) {
    return new Divergence(inner, Require.inRange("beta", beta, 0, Double.MAX_VALUE));
  }

  /**
   * Boosted cross-entropy of the images of highest cross-entropy, plus {@code lambda} times the
   * divergence, weighted by how unsure the model is of the clean image.
   *
   * @param inner the search
   * @param lambda weight of the divergence, at least 0
   * @return the loss
   */
  public static RobustLoss misclassificationAware(InnerMaximisation inner, double lambda) {
    return new MisclassificationAware(
        inner, Require.inRange("lambda", lambda, 0, Double.MAX_VALUE));
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

  private record Adversarial(InnerMaximisation inner) implements RobustLoss {
    @Override
    public NDArray search(
        TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng) {
      return highestCrossEntropy(inner, model, images, labels, samples, rng);
    }

    @Override
    public NDArray minimised(
        TrainableClassifier model, NDArray images, NDArray adversarial, NDArray labels) {
      return RobustLosses.crossEntropy(model.forward(adversarial, true), labels).mean();
    }
  }

  private record Divergence(InnerMaximisation inner, double beta) implements RobustLoss {
    @Override
    public NDArray search(
        TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDArray clean = Grad.detach(model.forward(images, inner.trainingMode()));
        return scope.keep(
            inner.maximise(
                model, images, samples, logits -> RobustLosses.divergence(clean, logits), rng));
      }
    }

    @Override
    public NDArray minimised(
        TrainableClassifier model, NDArray images, NDArray adversarial, NDArray labels) {
      NDArray clean = model.forward(images, true);
      NDArray moved = model.forward(adversarial, true);
      return RobustLosses.crossEntropy(clean, labels)
          .mean()
          .add(RobustLosses.divergence(clean, moved).mean().mul((float) beta));
    }
  }

  private record MisclassificationAware(InnerMaximisation inner, double lambda)
      implements RobustLoss {
    @Override
    public NDArray search(
        TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng) {
      return highestCrossEntropy(inner, model, images, labels, samples, rng);
    }

    @Override
    public NDArray minimised(
        TrainableClassifier model, NDArray images, NDArray adversarial, NDArray labels) {
      NDArray clean = model.forward(images, true);
      NDArray moved = model.forward(adversarial, true);
      NDArray unsure = RobustLosses.probability(clean, labels).neg().add(1);
      NDArray divergence = RobustLosses.divergence(clean, moved).mul(unsure);
      return RobustLosses.boostedCrossEntropy(moved, labels)
          .mean()
          .add(divergence.mean().mul((float) lambda));
    }
  }
}
