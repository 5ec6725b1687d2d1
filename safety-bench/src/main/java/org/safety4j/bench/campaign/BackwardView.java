package org.safety4j.bench.campaign;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.Scope;

/**
 * A defended model that answers as it does, and takes the gradients of the undefended one (BPDA):
 * the defense counts as the identity on the way back. Where the defended model gives labels only,
 * the scores are the undefended one's too.
 *
 * <p><b>Source</b>: A. Athalye, N. Carlini and D. Wagner, "Obfuscated Gradients Give a False Sense
 * of Security", International Conference on Machine Learning, 2018.
 */
final class BackwardView implements ImageClassifier.White {
  private final ImageClassifier.Black shown;
  private final ImageClassifier.White original;

  BackwardView(ImageClassifier.Black shown, ImageClassifier.White original) {
    this.shown = shown;
    this.original = original;
  }

  @Override
  public int[] labels(NDArray images) {
    return shown.labels(images);
  }

  @Override
  public NDArray logits(NDArray images) {
    return shown instanceof ImageClassifier.Gray scored
        ? scored.logits(images)
        : original.logits(images);
  }

  @Override
  public Linearized linearize(NDArray images) {
    Linearized behind = original.linearize(images);
    if (!(shown instanceof ImageClassifier.Gray scored)) {
      return behind;
    }
    try (Scope scope = Scope.open()) {
      NDArray logits = scope.keep(scored.logits(images));
      return new Linearized() {
        @Override
        public NDArray logits() {
          return logits;
        }

        @Override
        public NDArray pullback(NDArray cotangent) {
          return behind.pullback(cotangent);
        }

        @Override
        public void close() {
          logits.close();
          behind.close();
        }
      };
    } catch (RuntimeException e) {
      behind.close();
      throw e;
    }
  }

  @Override
  public List<String> layers() {
    return original.layers();
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    return original.features(images, layer);
  }

  @Override
  public Shape inputShape() {
    return original.inputShape();
  }

  @Override
  public NDManager manager() {
    return original.manager();
  }

  @Override
  public int classes() {
    return original.classes();
  }

  @Override
  public ModelCard card() {
    return shown.card();
  }

  /** Does nothing: both models stay the caller's. */
  @Override
  public void close() {}
}
