package org.safety4j.defenses.engine.purify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Supplier;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.engine.ClassifierView;

/** Classifiers that see transformed images. The gradient goes through the stand-in. */
public final class Transforming {
  private final ImageTransform transform;
  private final String shield;

  /**
   * Sets the transformation.
   *
   * @param transform what happens to images
   * @param shield the shield's id, for names
   */
  public Transforming(ImageTransform transform, String shield) {
    this.transform = transform;
    this.shield = shield;
  }

  /**
   * Wraps labels.
   *
   * @param model the model; stays the caller's
   * @return answers for transformed images
   */
  public ImageClassifier.Black black(ImageClassifier.Black model) {
    return new BlackView(model);
  }

  /**
   * Wraps scores.
   *
   * @param model the model; stays the caller's
   * @return logits of transformed images
   */
  public ImageClassifier.Gray gray(ImageClassifier.Gray model) {
    return new GrayView<>(model);
  }

  /**
   * Wraps gradients.
   *
   * @param model the model; stays the caller's
   * @return logits of transformed images, with the gradient through the stand-in
   */
  public ImageClassifier.White white(ImageClassifier.White model) {
    return new WhiteView(model);
  }

  private NDArray transformed(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(transform.apply(Tensors.requireImages(images)));
    }
  }

  private final class BlackView extends ClassifierView<ImageClassifier.Black> {
    BlackView(ImageClassifier.Black model) {
      super(model, shield);
    }

    @Override
    public int[] labels(NDArray images) {
      try (Scope scope = Scope.open()) {
        return model().labels(transformed(images));
      }
    }
  }

  private class GrayView<M extends ImageClassifier.Gray> extends ClassifierView<M>
      implements ImageClassifier.Gray {
    GrayView(M model) {
      super(model, shield);
    }

    @Override
    public NDArray logits(NDArray images) {
      try (Scope scope = Scope.open()) {
        return scope.keep(model().logits(transformed(images)));
      }
    }

    @Override
    public int[] labels(NDArray images) {
      try (Scope scope = Scope.open()) {
        return model().labels(transformed(images));
      }
    }
  }

  private final class WhiteView extends GrayView<ImageClassifier.White>
      implements ImageClassifier.White {
    WhiteView(ImageClassifier.White model) {
      super(model);
    }

    @Override
    public Linearized linearize(NDArray images) {
      return new Through(model(), images);
    }

    @Override
    public List<String> layers() {
      return model().layers();
    }

    /** The transformed images' activations; a recorded graph goes through the stand-in. */
    @Override
    public NDArray features(NDArray images, String layer) {
      try (Scope scope = Scope.open()) {
        NDArray standIn = transform.standIn(images);
        if (transform.isDifferentiable()) {
          return scope.keep(model().features(standIn, layer));
        }
        NDArray rest = transformed(images).sub(Grad.detach(standIn));
        return scope.keep(model().features(standIn.add(rest), layer));
      }
    }

    @Override
    public Shape inputShape() {
      return model().inputShape();
    }

    @Override
    public NDManager manager() {
      return model().manager();
    }
  }

  /** A forward pass behind a transformation, with the stand-in's graph. */
  private final class Through implements Linearized {
    private final NDManager owner = Tensors.newManager();
    private final NDManager home;
    private final NDArray leaf;
    private final NDArray standIn;
    private final Linearized at;

    Through(ImageClassifier.White model, NDArray images) {
      home = images.getManager();
      try {
        leaf = owned(() -> Grad.leaf(Tensors.requireImages(images)));
        standIn = owned(() -> transform.standIn(leaf));
        NDArray seen =
            transform.isDifferentiable()
                ? owned(() -> Grad.detach(standIn))
                : owned(() -> transformed(images));
        // Outside of any scope of this object, which would free the graph that the model holds.
        at = model.linearize(seen);
      } catch (RuntimeException e) {
        owner.close();
        throw e;
      }
    }

    private NDArray owned(Supplier<NDArray> step) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.on()) {
        return scope.keep(step.get(), owner);
      }
    }

    @Override
    public NDArray logits() {
      return at.logits();
    }

    @Override
    public NDArray pullback(NDArray cotangent) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDArray pulled = at.pullback(cotangent);
        if (standIn != leaf) {
          pulled = Grad.vjp(standIn, leaf, pulled);
        }
        return scope.keep(pulled, home);
      }
    }

    @Override
    public void close() {
      at.close();
      owner.close();
    }
  }
}
