package org.safety4j.core.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A white-box image classifier whose forward pass is one call into native code, with a graph if one
 * is recorded. A subclass gives that call and its layers; scores, gradients and checks of shapes
 * are here.
 *
 * <p>Any number of threads may ask at once.
 */
public abstract class DifferentiableClassifier implements ImageClassifier.White {
  private final ModelCard card;
  private final NDManager manager;
  private final Shape inputShape;
  private final List<String> classNames;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Describes the model.
   *
   * @param card who the model is
   * @param manager what its weights hang on; closed with the model
   * @param inputShape {@code [C, H, W]}
   * @param classNames one name a class, at least 2
   * @throws IllegalArgumentException if there are fewer than two classes
   */
  protected DifferentiableClassifier(
      ModelCard card, NDManager manager, Shape inputShape, List<String> classNames) {
    Require.atLeast("classes", classNames.size(), 2);
    this.card = card;
    this.manager = manager;
    this.inputShape = inputShape;
    this.classNames = List.copyOf(classNames);
  }

  /**
   * Makes names for classes that have none.
   *
   * @param classes their number
   * @return {@code LABEL_0}, {@code LABEL_1} ...
   */
  public static List<String> numbered(int classes) {
    return IntStream.range(0, classes).mapToObj(i -> "LABEL_" + i).toList();
  }

  /**
   * Computes logits in evaluation mode, as part of the graph that the calling thread records.
   *
   * @param images float32 {@code [N, C, H, W]}, of the model's shape
   * @return {@code [N, K]}
   */
  protected abstract NDArray infer(NDArray images);

  /**
   * Computes the activations of a layer in evaluation mode, as part of the graph that the calling
   * thread records.
   *
   * @param images float32 {@code [N, C, H, W]}, of the model's shape
   * @param layer the layer's place in {@link #layers()}
   * @return {@code [N, ...]}
   */
  protected abstract NDArray activations(NDArray images, int layer);

  /** Frees what the subclass owns beside arrays on the manager. Called once. */
  protected abstract void release();

  @Override
  public NDArray logits(NDArray images) {
    checkImages(images);
    try (GradMode mode = GradMode.off()) {
      return infer(images);
    }
  }

  @Override
  public Linearized linearize(NDArray images) {
    checkImages(images);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray leaf = Grad.leaf(images);
      NDArray output = infer(leaf);
      Held held = new Held(leaf, output, Grad.detach(output));
      scope.keep(held.leaf);
      scope.keep(held.output);
      scope.keep(held.logits);
      return held;
    }
  }

  private record Held(NDArray leaf, NDArray output, NDArray logits) implements Linearized {
    @Override
    public NDArray pullback(NDArray cotangent) {
      return Grad.vjp(output, leaf, cotangent);
    }

    @Override
    public NDArray lastPullback(NDArray cotangent) {
      return Grad.lastVjp(output, leaf, cotangent);
    }

    @Override
    public void close() {
      leaf.close();
      output.close();
      logits.close();
    }
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    int index = layers().indexOf(layer);
    if (index < 0) {
      throw new IllegalArgumentException(
          "no layer \""
              + layer
              + "\""
              + NearNames.hint(layer, layers())
              + "; there are "
              + layers());
    }
    checkImages(images);
    return activations(images, index);
  }

  /**
   * Checks that images fit the model.
   *
   * @param images what came from outside
   * @throws IllegalArgumentException if they are not float32 {@code [N, C, H, W]} of the model's
   *     shape
   */
  protected final void checkImages(NDArray images) {
    Shape shape = Tensors.elementShape(Tensors.requireImages(images));
    Require.that(
        shape.equals(inputShape),
        "model " + card.name() + " takes images of shape " + inputShape + ", these have " + shape);
  }

  @Override
  public int classes() {
    return classNames.size();
  }

  /**
   * Returns the names of the classes.
   *
   * @return one name a class, in the order of the logits
   */
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release();
      manager.close();
    }
  }

  @Override
  public String toString() {
    return card.architecture() + " " + card.name();
  }
}
