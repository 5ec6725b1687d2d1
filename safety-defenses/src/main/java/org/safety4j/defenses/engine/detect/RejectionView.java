package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.engine.ClassifierView;

/**
 * A classifier and its detector as one differentiable classifier. Its last class stands for
 * rejection and wins exactly where the detector rejects; an attack that reaches another class than
 * the true one and the last one has beaten both.
 *
 * <p><b>Source</b> of the construction: N. Carlini and D. Wagner, "Adversarial Examples Are Not
 * Easily Detected: Bypassing Ten Detection Methods", ACM Workshop on Artificial Intelligence and
 * Security, 2017.
 */
final class RejectionView extends ClassifierView<ImageClassifier.White>
    implements ImageClassifier.White {
  /**
   * Joins the model's logits {@code [N, K]} and those of other views of it to {@code [N, K + 1]}.
   */
  interface Join {
    NDArray of(NDArray logits, NDList others);
  }

  private final List<ImageClassifier.White> others;
  private final Join join;

  RejectionView(ImageClassifier.White model, List<ImageClassifier.White> others, Join join) {
    super(model, "with-rejection");
    this.others = others;
    this.join = join;
  }

  @Override
  public int classes() {
    return model().classes() + 1;
  }

  @Override
  public NDArray logits(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDList rest = new NDList();
      for (ImageClassifier.White other : others) {
        rest.add(other.logits(images));
      }
      return scope.keep(join.of(model().logits(images), rest));
    }
  }

  @Override
  public int[] labels(NDArray images) {
    int[] labels = ImageClassifier.White.super.labels(images);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == model().classes()) {
        labels[i] = REJECTED;
      }
    }
    return labels;
  }

  @Override
  public Linearized linearize(NDArray images) {
    return new Joined(images);
  }

  @Override
  public List<String> layers() {
    return model().layers();
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    return model().features(images, layer);
  }

  @Override
  public Shape inputShape() {
    return model().inputShape();
  }

  @Override
  public NDManager manager() {
    return model().manager();
  }

  /** Forward passes of model and views, and the small graph that joins their logits. */
  private final class Joined implements Linearized {
    private final NDManager owner = Tensors.newManager();
    private final NDManager home;
    private final List<Linearized> parts = new ArrayList<>();
    private final List<NDArray> leaves = new ArrayList<>();
    private final NDArray recorded;
    private final NDArray logits;

    Joined(NDArray images) {
      home = images.getManager();
      try {
        parts.add(model().linearize(images));
        for (ImageClassifier.White other : others) {
          parts.add(other.linearize(images));
        }
        for (Linearized part : parts) {
          leaves.add(owned(() -> Grad.leaf(part.logits())));
        }
        NDList rest = new NDList(leaves.subList(1, leaves.size()));
        recorded = owned(() -> join.of(leaves.get(0), rest));
        logits = owned(() -> Grad.detach(recorded));
      } catch (RuntimeException e) {
        close();
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
      return logits;
    }

    @Override
    public NDArray pullback(NDArray cotangent) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDList cotangents = Grad.vjps(List.of(recorded), leaves, List.of(cotangent));
        NDArray total = parts.get(0).pullback(cotangents.get(0));
        for (int i = 1; i < parts.size(); i++) {
          total = total.add(parts.get(i).pullback(cotangents.get(i)));
        }
        return scope.keep(total, home);
      }
    }

    @Override
    public void close() {
      parts.forEach(Linearized::close);
      owner.close();
    }
  }
}
