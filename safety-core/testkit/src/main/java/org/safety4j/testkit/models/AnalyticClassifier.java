package org.safety4j.testkit.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/** What the small classifiers share: weights, shape, and one hidden layer that can be read. */
abstract class AnalyticClassifier implements ImageClassifier.White {
  static final TorchProgram PROGRAM =
      TorchProgram.resource(AnalyticClassifier.class, "models.torch.py", Map.of());

  private final String name;
  private final Shape inputShape;
  private final int classes;
  private final NDManager manager = Tensors.newManager();
  private long parameters;

  AnalyticClassifier(String name, Shape inputShape, int classes) {
    this.name = name;
    this.inputShape = inputShape;
    this.classes = Require.atLeast("classes", classes, 2);
  }

  final NDArray weight(float[] values, Shape shape) {
    parameters += values.length;
    try (Scope scope = Scope.open()) {
      return scope.release(manager.create(values, shape), manager);
    }
  }

  static float[] floats(double[] values) {
    float[] f = new float[values.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = (float) values[i];
    }
    return f;
  }

  static float[] floats(double[][] rows) {
    float[] f = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(floats(rows[i]), 0, f, i * rows[0].length, rows[0].length);
    }
    return f;
  }

  /** The forward pass; part of the graph if one is recorded. */
  abstract NDArray forward(NDArray images);

  abstract NDArray pullback(NDArray images, NDArray cotangent);

  abstract NDArray hidden(NDArray images);

  NDArray checked(NDArray images) {
    Tensors.requireImages(images);
    Require.that(
        Tensors.elementShape(images).equals(inputShape),
        name + " takes images " + inputShape + ", was given " + Tensors.elementShape(images));
    return images;
  }

  @Override
  public final NDArray logits(NDArray images) {
    try (GradMode mode = GradMode.off()) {
      return forward(checked(images));
    }
  }

  @Override
  public Linearized linearize(NDArray images) {
    return new ClosedForm(checked(images), logits(images));
  }

  private final class ClosedForm implements Linearized {
    private final NDArray images;
    private final NDArray logits;

    ClosedForm(NDArray images, NDArray logits) {
      this.images = images;
      this.logits = logits;
    }

    @Override
    public NDArray logits() {
      return logits;
    }

    @Override
    public NDArray pullback(NDArray cotangent) {
      try (GradMode mode = GradMode.off()) {
        return AnalyticClassifier.this.pullback(images, cotangent);
      }
    }

    @Override
    public void close() {
      logits.close();
    }
  }

  @Override
  public final List<String> layers() {
    return List.of("hidden");
  }

  @Override
  public final NDArray features(NDArray images, String layer) {
    if (!layer.equals("hidden")) {
      throw new IllegalArgumentException(
          "no layer \"" + layer + "\", only " + layers() + NearNames.hint(layer, layers()));
    }
    return hidden(checked(images));
  }

  @Override
  public final Shape inputShape() {
    return inputShape;
  }

  @Override
  public final int classes() {
    return classes;
  }

  @Override
  public final NDManager manager() {
    return manager;
  }

  @Override
  public final ModelCard card() {
    return new ModelCard(name, getClass().getSimpleName(), parameters, "testkit", "Apache-2.0");
  }

  @Override
  public final void close() {
    manager.close();
  }
}
