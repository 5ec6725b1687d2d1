package org.safety4j.testkit.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * A staircase: rounds images to a few levels before it classifies them. Its true gradient is zero
 * everywhere, the classic case of a masked gradient; {@link #bpda()} shows the same model with the
 * identity as the rounding's backward pass.
 */
public final class QuantisedClassifier implements ImageClassifier.White {
  private final ImageClassifier.White model;
  private final int steps;
  private final boolean straightThrough;

  private QuantisedClassifier(ImageClassifier.White model, int steps, boolean straightThrough) {
    this.model = model;
    this.steps = Require.atLeast("steps", steps, 1);
    this.straightThrough = straightThrough;
  }

  /**
   * Wraps a classifier.
   *
   * @param model the classifier; stays the caller's
   * @param steps number of levels less one, at least 1
   * @return the wrapper, with gradients that are zero; closing it does nothing
   */
  public static QuantisedClassifier of(ImageClassifier.White model, int steps) {
    return new QuantisedClassifier(model, steps, false);
  }

  /**
   * Shows the same classifier with a useful gradient.
   *
   * @return a view whose backward pass skips the rounding
   */
  public QuantisedClassifier bpda() {
    return new QuantisedClassifier(model, steps, true);
  }

  @Override
  public NDArray logits(NDArray images) {
    try (Scope scope = Scope.open()) {
      return scope.keep(model.logits(Ops.quantise(images, steps)));
    }
  }

  @Override
  public Linearized linearize(NDArray images) {
    NDArray rounded = Ops.quantise(images, steps);
    Linearized inner = model.linearize(rounded);
    return new Linearized() {
      @Override
      public NDArray logits() {
        return inner.logits();
      }

      @Override
      public NDArray pullback(NDArray cotangent) {
        NDArray gradient = inner.pullback(cotangent);
        if (straightThrough) {
          return gradient;
        }
        try (gradient) {
          return gradient.zerosLike();
        }
      }

      @Override
      public void close() {
        inner.close();
        rounded.close();
      }
    };
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    try (Scope scope = Scope.open()) {
      return scope.keep(model.features(Ops.quantise(images, steps), layer));
    }
  }

  @Override
  public List<String> layers() {
    return model.layers();
  }

  @Override
  public int classes() {
    return model.classes();
  }

  @Override
  public Shape inputShape() {
    return model.inputShape();
  }

  @Override
  public NDManager manager() {
    return model.manager();
  }

  @Override
  public ModelCard card() {
    return model.card().withName(model.card().name() + "-quantised");
  }

  @Override
  public void close() {}
}
