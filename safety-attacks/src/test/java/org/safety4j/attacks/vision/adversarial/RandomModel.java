package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/** A defense that adds noise: every call multiplies pixels by other random numbers. */
final class RandomModel implements ImageClassifier.White {
  private static final double SPREAD = 0.5;

  private final ImageClassifier.White model;
  private final AtomicLong calls;

  RandomModel(ImageClassifier.White model, AtomicLong calls) {
    this.model = model;
    this.calls = calls;
  }

  private NDArray factors(NDArray like) {
    Shape element = Tensors.elementShape(like);
    Rng rng = Rng.of(calls.incrementAndGet());
    return rng.uniform(like.getManager(), new Shape(1).addAll(element), 1 - SPREAD, 1 + SPREAD);
  }

  @Override
  public NDArray logits(NDArray images) {
    try (Scope scope = Scope.open()) {
      return scope.keep(model.logits(images.mul(factors(images))));
    }
  }

  @Override
  public Linearized linearize(NDArray images) {
    NDArray factors = factors(images);
    NDArray scaled = images.mul(factors);
    Linearized at = model.linearize(scaled);
    return new Linearized() {
      @Override
      public NDArray logits() {
        return at.logits();
      }

      @Override
      public NDArray pullback(NDArray cotangent) {
        try (NDArray g = at.pullback(cotangent)) {
          return g.mul(factors);
        }
      }

      @Override
      public void close() {
        at.close();
        scaled.close();
        factors.close();
      }
    };
  }

  @Override
  public List<String> layers() {
    return model.layers();
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    return model.features(images, layer);
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
  public int classes() {
    return model.classes();
  }

  @Override
  public ModelCard card() {
    return model.card().withName("random");
  }

  @Override
  public void close() {}
}
