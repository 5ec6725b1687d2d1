package org.safety4j.testkit.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A smooth network of one hidden layer with fixed weights. Its gradient runs through the engine's
 * reverse mode, as a real model's does.
 *
 * <p>Its layer {@code hidden} is the hidden layer's activation.
 */
public final class TinyMlp extends AnalyticClassifier {
  private static final int HIDDEN = 24;
  private final NDArray w1;
  private final NDArray b1;
  private final NDArray w2;
  private final NDArray b2;

  private TinyMlp(Shape inputShape, int classes, long seed) {
    super("tiny-mlp", inputShape, classes);
    int d = Math.toIntExact(inputShape.size());
    Rng rng = Rng.of(seed);
    float[] first = normal(rng.derive("w1"), HIDDEN * d, 2 / Math.sqrt(d));
    float[] offsets = new float[HIDDEN];
    for (int h = 0; h < HIDDEN; h++) {
      for (int j = 0; j < d; j++) {
        offsets[h] -= first[h * d + j] / 2;
      }
    }
    this.w1 = weight(first, new Shape(HIDDEN, d));
    this.b1 = weight(offsets, new Shape(HIDDEN));
    this.w2 = weight(normal(rng.derive("w2"), classes * HIDDEN, 1), new Shape(classes, HIDDEN));
    this.b2 = weight(new float[classes], new Shape(classes));
  }

  private static float[] normal(Rng rng, int n, double scale) {
    try (NDManager own = Tensors.newManager()) {
      float[] values = rng.normal(own, new Shape(n)).toFloatArray();
      for (int i = 0; i < n; i++) {
        values[i] *= (float) scale;
      }
      return values;
    }
  }

  /**
   * Makes the network for grey images of 8 x 8 pixels and 4 classes.
   *
   * @return the classifier, to be closed by the caller
   */
  public static TinyMlp create() {
    return of(new Shape(1, 8, 8), 4, 20);
  }

  /**
   * Makes a network.
   *
   * @param inputShape shape of an image, {@code [C, H, W]}
   * @param classes at least 2
   * @param seed seed of the weights
   * @return the classifier, to be closed by the caller
   */
  public static TinyMlp of(Shape inputShape, int classes, long seed) {
    return new TinyMlp(inputShape, classes, seed);
  }

  @Override
  NDArray forward(NDArray images) {
    return PROGRAM.one("mlp", images, w1, b1, w2, b2);
  }

  @Override
  public Linearized linearize(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray leaf = scope.keep(Grad.leaf(checked(images)));
      NDArray output = scope.keep(forward(leaf));
      return new Recorded(leaf, output, scope.keep(Grad.detach(output)));
    }
  }

  private record Recorded(NDArray leaf, NDArray output, NDArray logits) implements Linearized {
    @Override
    public NDArray pullback(NDArray cotangent) {
      return Grad.vjp(output, leaf, cotangent);
    }

    @Override
    public void close() {
      logits.close();
      output.close();
      leaf.close();
    }
  }

  @Override
  NDArray pullback(NDArray images, NDArray cotangent) {
    try (Linearized at = linearize(images)) {
      return at.pullback(cotangent);
    }
  }

  @Override
  NDArray hidden(NDArray images) {
    return PROGRAM.one("hidden", images, w1, b1);
  }
}
