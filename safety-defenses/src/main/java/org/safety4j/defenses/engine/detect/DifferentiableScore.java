package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A score that gradients can be taken of, so that an attacker who knows the detector can be
 * simulated.
 *
 * <pre>{@code
 * DifferentiableScore rough = images -> Ops.normL2(images.sub(Ops.medianBlur(images, 3)));
 * }</pre>
 */
@FunctionalInterface
public interface DifferentiableScore extends BatchScore {
  /**
   * Scores images, as part of the graph if one is recorded.
   *
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @return {@code [N]}, float32 or float64
   */
  NDArray values(NDArray images);

  @Override
  default double[] of(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return Ops.float64(values(images)).toDoubleArray();
    }
  }

  /**
   * Scores images and holds the graph.
   *
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @return scores {@code [N, 1]} as float32 in place of logits, and pullback, to be closed by the
   *     caller
   */
  default Linearized linearize(NDArray images) {
    NDManager owner = Tensors.newManager();
    NDManager home = images.getManager();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray leaf = scope.keep(Grad.leaf(images), owner);
      NDArray scores = scope.keep(Ops.float32(values(leaf)).reshape(-1, 1), owner);
      NDArray plain = scope.keep(Grad.detach(scores), owner);
      return new Linearized() {
        @Override
        public NDArray logits() {
          return plain;
        }

        @Override
        public NDArray pullback(NDArray cotangent) {
          try (Scope inner = Scope.open()) {
            return inner.keep(Grad.vjp(scores, leaf, cotangent), home);
          }
        }

        @Override
        public void close() {
          owner.close();
        }
      };
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  /**
   * Shows a model and the detector of this score as one differentiable classifier with a further
   * class for rejection, for attacks that go for a class. The further logit is the largest other
   * one plus a multiple of what the score exceeds the threshold by, with all gradients.
   *
   * @param model the model; stays the caller's
   * @param threshold scores above it are rejected
   * @param sharpness the multiple, greater than 0
   * @return a classifier that answers {@link ImageClassifier.Black#REJECTED} for its last class
   */
  default ImageClassifier.White withRejection(
      ImageClassifier.White model, double threshold, double sharpness) {
    return RejectionView.towards(
        model,
        List.of(RejectionView.Part.of(this)),
        (logits, others) -> others.get(0).reshape(-1),
        threshold,
        sharpness);
  }

  /**
   * Shows a model and the detector of this score as one classifier with a further class for
   * rejection, for attacks that leave a class. Its values are those of {@link #withRejection}; the
   * gradient of the further logit has the opposite sign and half the size, so that a loss that
   * rises as the label loses, to whatever class, leads out of rejection and not into it.
   *
   * @param model the model; stays the caller's
   * @param threshold scores above it are rejected
   * @param sharpness as in {@link #withRejection}
   * @return a classifier that answers {@link ImageClassifier.Black#REJECTED} for its last class
   */
  default ImageClassifier.White awayFromRejection(
      ImageClassifier.White model, double threshold, double sharpness) {
    return RejectionView.leaving(
        model,
        List.of(RejectionView.Part.of(this)),
        (logits, others) -> others.get(0).reshape(-1),
        threshold,
        sharpness);
  }
}
