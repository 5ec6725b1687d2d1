package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.ClassifierRecipe;

/**
 * Cross-entropy with smoothed labels, on batches of which a share are mixed with a permutation of
 * themselves: half of those blended as a whole, half by pasting a square.
 *
 * <p><b>Source.</b> H. Zhang, M. Cisse, Y. Dauphin, D. Lopez-Paz, mixup: Beyond Empirical Risk
 * Minimization, ICLR 2018; S. Yun and others, CutMix, ICCV 2019; C. Szegedy and others, Rethinking
 * the Inception Architecture, CVPR 2016 (label smoothing). <b>Deviations.</b> One mixing weight a
 * batch, uniform in [0,1].
 *
 * @param share probability that a batch is mixed, in [0, 1]
 * @param smoothing probability mass spread over all classes, in [0, 1)
 */
public record MixedBatches(double share, double smoothing) implements ClassifierRecipe.Loss {
  /**
   * Checks the ranges.
   *
   * @param share in [0, 1]
   * @param smoothing in [0, 1)
   * @throws IllegalArgumentException if a value is outside its range
   */
  public MixedBatches {
    Require.inRange("share", share, 0, 1);
    Require.inRange("smoothing", smoothing, 0, Math.nextDown(1.0));
  }

  @Override
  public NDArray of(
      TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng) {
    SplittableRandom random = rng.derive("mix").sequence();
    if (random.nextDouble() >= share) {
      return smoothed(Ops.logSoftmax(model.forward(images, true)), labels).mean();
    }
    boolean pasted = random.nextBoolean();
    double weight = random.nextDouble();
    int[] partner = rng.derive("partner").permutation(samples.length);
    NDArray mixed;
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray others = Ops.rows(images, partner);
      if (pasted) {
        Square square = Square.of(images.getShape(), weight, random);
        mixed = scope.keep(square.paste(images, others));
        weight = square.left(images.getShape());
      } else {
        mixed = scope.keep(images.mul((float) weight).add(others.mul((float) (1 - weight))));
      }
    }
    NDArray scores = Ops.logSoftmax(model.forward(mixed, true));
    NDArray own = smoothed(scores, labels).mean().mul((float) weight);
    return own.add(smoothed(scores, Ops.rows(labels, partner)).mean().mul((float) (1 - weight)));
  }

  private NDArray smoothed(NDArray logProbabilities, NDArray labels) {
    NDArray right = Ops.pick(logProbabilities, labels).mul((float) (smoothing - 1));
    return right.sub(Ops.mean(logProbabilities, 1).mul((float) smoothing));
  }

  /** A square window that is cut out of the partner. */
  private record Square(int top, int left, int side) {
    static Square of(Shape images, double kept, SplittableRandom random) {
      int height = (int) images.get(2);
      int width = (int) images.get(3);
      int side = (int) (Math.min(height, width) * Math.sqrt(1 - kept));
      return new Square(random.nextInt(height - side + 1), random.nextInt(width - side + 1), side);
    }

    NDArray paste(NDArray images, NDArray others) {
      if (side == 0) {
        return images.add(0f);
      }
      Shape plane = new Shape(1, 1, images.getShape().get(2), images.getShape().get(3));
      NDArray mask = images.getManager().zeros(plane);
      mask.set(
          new NDIndex(":, :, " + top + ":" + (top + side) + ", " + left + ":" + (left + side)), 1f);
      return images.add(others.sub(images).mul(mask));
    }

    double left(Shape images) {
      return 1 - (double) side * side / (images.get(2) * images.get(3));
    }
  }
}
