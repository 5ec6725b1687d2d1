package org.safety4j.defenses.engine.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Searches a ball around each image of a training batch for the point of highest loss, by projected
 * steepest ascent on the model under training. Computes gradients for images only.
 *
 * @param ball Linf or L2 ball
 * @param steps ascent steps, at least 0
 * @param stepShare length of a step as a share of epsilon, greater than 0
 * @param start where the search begins
 * @param trainingMode whether the model runs in training mode during the search, so that batch
 *     normalisation uses the batch's statistics and updates its own
 */
public record InnerMaximisation(
    Ball ball, int steps, double stepShare, Start start, boolean trainingMode) {
  private static final double SMALL = 0.001;

  /** Where a search begins. */
  public enum Start {
    /** At the image. */
    IMAGE,
    /** Uniformly in the ball. */
    UNIFORM,
    /** At the image plus Gaussian noise of standard deviation 0.001. */
    NEAR
  }

  /**
   * Checks the ranges.
   *
   * @param ball Linf or L2 ball
   * @param steps ascent steps, at least 0
   * @param stepShare length of a step as a share of epsilon, greater than 0
   * @param start where the search begins
   * @param trainingMode whether the model runs in training mode during the search, so that batch
   *     normalisation uses the batch's statistics and updates its own
   */
  public InnerMaximisation {
    Require.that(
        ball.norm() == Norm.LINF || ball.norm() == Norm.L2,
        "ball must be an Linf or L2 ball, was " + ball);
    Require.atLeast("steps", steps, 0);
    Require.positive("stepShare", stepShare);
  }

  /**
   * Changes the ball.
   *
   * @param value Linf or L2 ball
   * @return a copy
   */
  public InnerMaximisation withBall(Ball value) {
    return new InnerMaximisation(value, steps, stepShare, start, trainingMode);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public InnerMaximisation withSteps(int value) {
    return new InnerMaximisation(ball, value, stepShare, start, trainingMode);
  }

  /**
   * Changes the length of a step.
   *
   * @param value share of epsilon, greater than 0
   * @return a copy
   */
  public InnerMaximisation withStepShare(double value) {
    return new InnerMaximisation(ball, steps, value, start, trainingMode);
  }

  /**
   * Lets the model run in training mode during the search.
   *
   * @return a copy
   */
  public InnerMaximisation inTrainingMode() {
    return new InnerMaximisation(ball, steps, stepShare, start, true);
  }

  /**
   * Searches.
   *
   * @param model the model; one under training where the search is in training mode
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @param samples the samples' numbers, which the random start depends on
   * @param loss maps logits {@code [N, K]} to one value a sample; rows must not mix
   * @param rng randomness of this batch
   * @return images in the ball and in [0, 1], outside of any graph
   * @throws IllegalArgumentException if the search is in training mode and the model is not
   *     trainable
   */
  public NDArray maximise(
      ImageClassifier.White model,
      NDArray images,
      int[] samples,
      UnaryOperator<NDArray> loss,
      Rng rng) {
    try (Scope all = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray x = begin(images, samples, rng);
      for (int i = 0; i < steps; i++) {
        try (Scope scope = Scope.open()) {
          NDArray direction = direction(gradient(model, x, loss));
          NDArray moved = x.add(direction.mul((float) (stepShare * ball.epsilon())));
          x = scope.keep(ball.project(moved, images));
        }
      }
      return all.keep(x);
    }
  }

  private NDArray begin(NDArray images, int[] samples, Rng rng) {
    NDManager m = images.getManager();
    Shape element = Tensors.elementShape(images);
    return switch (start) {
      case IMAGE -> Ops.copy(images);
      case NEAR ->
          ball.project(images.add(rng.normal(m, samples, element).mul((float) SMALL)), images);
      case UNIFORM -> ball.project(images.add(uniform(m, samples, element, rng)), images);
    };
  }

  private NDArray uniform(NDManager m, int[] samples, Shape element, Rng rng) {
    if (ball.norm() == Norm.LINF) {
      return rng.uniform(m, samples, element, -ball.epsilon(), ball.epsilon());
    }
    float[] radii = new float[samples.length];
    for (int i = 0; i < radii.length; i++) {
      SplittableRandom random = rng.derive("radius").derive(samples[i]).sequence();
      radii[i] = (float) (ball.epsilon() * Math.pow(random.nextDouble(), 1.0 / element.size()));
    }
    NDArray direction = direction(rng.normal(m, samples, element));
    return direction.mul(m.create(radii, new Shape(radii.length, 1, 1, 1)));
  }

  private NDArray direction(NDArray gradient) {
    if (ball.norm() == Norm.LINF) {
      return gradient.sign();
    }
    return gradient.div(Ops.normL2(gradient).add(1e-12f).reshape(-1, 1, 1, 1));
  }

  private NDArray gradient(ImageClassifier.White model, NDArray x, UnaryOperator<NDArray> loss) {
    if (trainingMode) {
      Require.that(
          model instanceof TrainableClassifier,
          "model must be trainable for a search in training mode, "
              + model.card().name()
              + " is not");
      TrainableClassifier trained = (TrainableClassifier) model;
      return Grad.of(leaf -> loss.apply(trained.forward(leaf, true)), x).gradient();
    }
    try (Linearized at = model.linearize(x)) {
      return at.lastPullback(Grad.of(loss, at.logits()).gradient());
    }
  }
}
