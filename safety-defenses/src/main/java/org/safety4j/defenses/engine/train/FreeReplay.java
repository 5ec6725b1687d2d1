package org.safety4j.defenses.engine.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.ClassifierRecipe;

/**
 * Trains on each minibatch several times in a row and uses every backward pass twice: for the
 * weights, and for a perturbation that lives on from step to step. Holds state, so it serves one
 * training; owns arrays.
 *
 * <p>Between replays the batch that the loop offers is passed over: of the data that an epoch
 * visits, one batch in {@code replays} is used, another choice in every epoch.
 */
public final class FreeReplay implements ClassifierRecipe.Loss, AutoCloseable {
  private final Ball ball;
  private final int replays;
  private final NDManager owner = Tensors.newManager();
  private long calls;
  private NDArray images;
  private NDArray labels;
  private NDArray delta;

  /**
   * Sets ball and replays.
   *
   * @param ball Linf ball; a step has the length of its radius
   * @param replays steps on each minibatch, at least 1
   */
  public FreeReplay(Ball ball, int replays) {
    Require.that(ball.norm() == Norm.LINF, "ball must be an Linf ball, was " + ball);
    this.ball = ball;
    this.replays = Require.atLeast("replays", replays, 1);
  }

  @Override
  public NDArray of(
      TrainableClassifier model, NDArray batch, NDArray batchLabels, int[] samples, Rng rng) {
    if (calls++ % replays == 0) {
      images = replace(images, batch);
      labels = replace(labels, batchLabels);
      if (delta == null) {
        delta = replace(null, batch.zerosLike());
      }
    }
    // A last, smaller batch uses the first rows of the perturbation.
    long rows = Math.min(images.getShape().get(0), delta.getShape().get(0));
    NDArray start = delta.get("0:" + rows);
    NDArray shown = images.get("0:" + rows);
    NDArray leaf = Grad.leaf(Ops.clamp(shown.add(start), 0, 1));
    NDArray loss =
        RobustLosses.crossEntropy(model.forward(leaf, true), labels.get("0:" + rows)).mean();
    NDArray value = Grad.detach(loss);
    List<NDArray> parameters = List.copyOf(model.parameters().values());
    List<NDArray> wanted = new ArrayList<>(parameters);
    wanted.add(leaf);
    NDList gradients = Grad.gradients(List.of(loss), wanted);
    step(gradients.get(parameters.size()), rows);
    return RobustLosses.withGradient(value, parameters, gradients.subList(0, parameters.size()));
  }

  private NDArray replace(NDArray old, NDArray value) {
    if (old != null) {
      old.close();
    }
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.release(Ops.copy(value), owner);
    }
  }

  private void step(NDArray gradient, long rows) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray part = delta.get("0:" + rows);
      NDArray moved = part.add(gradient.sign().mul((float) ball.epsilon()));
      int[] index = new int[(int) rows];
      for (int i = 0; i < index.length; i++) {
        index[i] = i;
      }
      Ops.overwriteRows(
          delta, Ops.index(owner, index), Ops.clamp(moved, -ball.epsilon(), ball.epsilon()));
    }
  }

  /** Frees the batch and the perturbation. */
  @Override
  public void close() {
    owner.close();
  }
}
