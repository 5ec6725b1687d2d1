package org.safety4j.defenses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.defenses.engine.certify.Layer;
import org.safety4j.defenses.engine.certify.LayeredNetwork;

/** Small models, small data and a plain gradient attack for this module's tests. */
public final class Fixtures {
  public static final LogitLoss CROSS_ENTROPY =
      (logits, labels) -> Ops.pick(Ops.logSoftmax(logits), labels).neg();

  private Fixtures() {}

  /** Two classes on 1x1xD images; class 1 wins where {@code wx + b > 0}. */
  public static LayeredNetwork halfSpace(float[] w, float b) {
    try (NDManager m = Tensors.newManager()) {
      float[] rows = new float[2 * w.length];
      System.arraycopy(w, 0, rows, w.length, w.length);
      return LayeredNetwork.of(
          "half-space",
          new Shape(1, 1, w.length),
          List.of(
              new Layer.Flatten(),
              new Layer.Linear(
                  m.create(rows, new Shape(2, w.length)), m.create(new float[] {0, b}))));
    }
  }

  /** An untrained network on 1x8x8 images. */
  public static LayeredNetwork convNet(long seed) {
    return LayeredNetwork.builder("conv-net", new Shape(1, 8, 8))
        .normalize(0.5, 0.25)
        .convolution(4, 3, 2, 1)
        .relu()
        .flatten()
        .linear(16)
        .relu()
        .linear(4)
        .build(Rng.of(seed));
  }

  /** Uniform images. */
  public static NDArray images(NDManager m, int n, Shape element, long seed) {
    int[] ids = new int[n];
    for (int i = 0; i < n; i++) {
      ids[i] = i;
    }
    return Rng.of(seed).uniform(m, ids, element, 0, 1);
  }

  /** Ascends a loss by steepest steps through whatever gradient the model offers. */
  public static NDArray ascend(
      ImageClassifier.White model,
      NDArray images,
      NDArray labels,
      LogitLoss loss,
      Ball ball,
      int steps) {
    NDArray x = Ops.copy(images);
    for (int i = 0; i < steps; i++) {
      step(model, x, images, labels, loss, ball, steps);
    }
    return x;
  }

  /** Like {@link #ascend}, but an image stays where the model first answered something wrong. */
  public static NDArray ascendUntilWrong(
      ImageClassifier.White model,
      NDArray images,
      int[] labels,
      LogitLoss loss,
      Ball ball,
      int steps) {
    NDArray x = Ops.copy(images);
    NDArray best = Ops.copy(images);
    NDArray y = Ops.index(images.getManager(), labels);
    boolean[] done = new boolean[labels.length];
    for (int i = 0; i < steps; i++) {
      step(model, x, images, y, loss, ball, steps);
      int[] answers = model.labels(x);
      for (int j = 0; j < labels.length; j++) {
        if (!done[j] && answers[j] != labels[j] && answers[j] != ImageClassifier.Black.REJECTED) {
          done[j] = true;
          try (Scope scope = Scope.open()) {
            Ops.overwriteRows(best, Ops.index(x.getManager(), j), Ops.rows(x, j));
          }
        }
      }
    }
    return best;
  }

  private static void step(
      ImageClassifier.White model,
      NDArray x,
      NDArray images,
      NDArray labels,
      LogitLoss loss,
      Ball ball,
      int steps) {
    double size = 2.5 * ball.epsilon() / steps;
    try (Scope scope = Scope.open();
        ValueAndGradient at = model.gradient(x, labels, loss)) {
      NDArray direction = at.gradient().sign();
      if (ball.norm() != Norm.LINF) {
        NDArray norm = Ops.normL2(at.gradient()).add(1e-12f);
        direction = at.gradient().div(norm.reshape(-1, 1, 1, 1));
      }
      Ops.overwrite(x, ball.project(x.add(direction.mul(size)), images));
    }
  }

  /** The share of images that get their label. */
  public static double accuracy(ImageClassifier.Black model, NDArray images, int[] labels) {
    int[] answers = model.labels(images);
    int right = 0;
    for (int i = 0; i < labels.length; i++) {
      right += answers[i] == labels[i] ? 1 : 0;
    }
    return (double) right / labels.length;
  }

  /** Labels as an array. */
  public static NDArray array(NDManager m, int... labels) {
    return Ops.index(m, labels);
  }

  /** Images with the answers that a model gives them. */
  public static LabeledImages answered(ImageClassifier.Black model, NDArray images) {
    return LabeledImages.of("answered", images, model.labels(images), List.of());
  }
}
