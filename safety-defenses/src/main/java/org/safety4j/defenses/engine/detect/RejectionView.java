package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
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
  /** Something else that is computed from the images, {@code [N, ...]}. */
  interface Part {
    NDArray values(NDArray images);

    Linearized linearize(NDArray images);

    static Part of(ImageClassifier.White model) {
      return new Part() {
        @Override
        public NDArray values(NDArray images) {
          return model.logits(images);
        }

        @Override
        public Linearized linearize(NDArray images) {
          return model.linearize(images);
        }
      };
    }

    static Part of(DifferentiableScore score) {
      return new Part() {
        @Override
        public NDArray values(NDArray images) {
          return Ops.float32(score.values(images)).reshape(-1, 1);
        }

        @Override
        public Linearized linearize(NDArray images) {
          return score.linearize(images);
        }
      };
    }
  }

  /** Computes the detector's score {@code [N]} from the model's logits and the other parts. */
  interface ScoreOf {
    NDArray of(NDArray logits, NDList others);
  }

  private final List<Part> others;
  private final ScoreOf score;
  private final double threshold;
  private final double sharpness;
  private final boolean leaving;

  private RejectionView(
      ImageClassifier.White model,
      List<Part> others,
      ScoreOf score,
      double threshold,
      double sharpness,
      boolean leaving) {
    super(model, "with-rejection");
    Require.positive("sharpness", sharpness);
    Require.that(Double.isFinite(threshold), "threshold must be finite, was " + threshold);
    this.others = others;
    this.score = score;
    this.threshold = threshold;
    this.sharpness = sharpness;
    this.leaving = leaving;
  }

  /**
   * For attacks that go for a class: the further logit is the largest other one plus a multiple of
   * what the score exceeds the threshold by, with all gradients.
   */
  static RejectionView towards(
      ImageClassifier.White model,
      List<Part> others,
      ScoreOf score,
      double threshold,
      double sharpness) {
    return new RejectionView(model, others, score, threshold, sharpness, false);
  }

  /**
   * For attacks that leave a class: the same values, but the gradient of the further logit has the
   * opposite sign and half the size, so that a loss that rises as the label loses, to whatever
   * class, leads out of rejection and not into it.
   */
  static RejectionView leaving(
      ImageClassifier.White model,
      List<Part> others,
      ScoreOf score,
      double threshold,
      double sharpness) {
    return new RejectionView(model, others, score, threshold, sharpness, true);
  }

  private NDArray joined(NDArray logits, NDList rest) {
    NDArray excess = score.of(logits, rest).sub((float) threshold).mul((float) sharpness);
    NDArray largest = Ops.maxPerSample(logits);
    NDArray rejection =
        leaving
            ? Grad.detach(largest).add(Grad.detach(excess).mul(1.5f).sub(excess.mul(0.5f)))
            : largest.add(excess);
    return NDArrays.concat(new NDList(logits, rejection.expandDims(1)), 1);
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
      for (Part other : others) {
        rest.add(other.values(images));
      }
      return scope.keep(joined(model().logits(images), rest));
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
        for (Part other : others) {
          parts.add(other.linearize(images));
        }
        for (Linearized part : parts) {
          leaves.add(owned(() -> Grad.leaf(part.logits())));
        }
        NDList rest = new NDList(leaves.subList(1, leaves.size()));
        recorded = owned(() -> joined(leaves.get(0), rest));
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
