package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/** A dual encoder seen as a classifier: one class a text, logits are scaled cosines. */
final class ZeroShot {
  private ZeroShot() {}

  private static ModelCard card(Model encoder, int classes) {
    return encoder.card().withName(encoder.card().name() + " zero-shot over " + classes);
  }

  /** Labels only. */
  static final class Black implements ImageClassifier.Black {
    private final DualEncoder.Black encoder;
    private final List<String> prompts;

    Black(DualEncoder.Black encoder, List<String> prompts) {
      Require.atLeast("prompts.size()", prompts.size(), 2);
      this.encoder = encoder;
      this.prompts = List.copyOf(prompts);
    }

    @Override
    public int[] labels(NDArray images) {
      return encoder.match(images, prompts);
    }

    @Override
    public int classes() {
      return prompts.size();
    }

    @Override
    public ModelCard card() {
      return ZeroShot.card(encoder, prompts.size());
    }

    @Override
    public void close() {}
  }

  /** Holds the texts' embeddings, one column a class, scaled. */
  private static final class Head implements AutoCloseable {
    private final NDManager manager = Tensors.newManager();
    private final NDArray columns;
    private final int classes;

    Head(DualEncoder.Gray encoder, List<String> prompts) {
      this.classes = prompts.size();
      try (Scope scope = Scope.open()) {
        this.columns =
            scope.keep(
                encoder.textEmbeddings(prompts).transpose().mul((float) encoder.logitScale()),
                manager);
      } catch (RuntimeException e) {
        manager.close();
        throw e;
      }
    }

    NDArray logits(NDArray embeddings) {
      return embeddings.matMul(columns);
    }

    NDArray pullback(NDArray cotangent) {
      return cotangent.matMul(columns.transpose());
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  /** Labels and scores. */
  static final class Gray implements ImageClassifier.Gray {
    private final DualEncoder.Gray encoder;
    private final Head head;

    Gray(DualEncoder.Gray encoder, List<String> prompts) {
      Require.notEmpty("prompts", prompts);
      this.encoder = encoder;
      this.head = new Head(encoder, prompts);
    }

    @Override
    public NDArray logits(NDArray images) {
      try (Scope scope = Scope.open()) {
        return scope.keep(head.logits(encoder.imageEmbeddings(images)));
      }
    }

    @Override
    public int classes() {
      return head.classes;
    }

    @Override
    public ModelCard card() {
      return ZeroShot.card(encoder, head.classes);
    }

    @Override
    public void close() {
      head.close();
    }
  }

  /** Labels, scores and gradients. */
  static final class White implements ImageClassifier.White {
    private final DualEncoder.White encoder;
    private final Head head;

    White(DualEncoder.White encoder, List<String> prompts) {
      Require.atLeast("prompts.size()", prompts.size(), 2);
      this.encoder = encoder;
      this.head = new Head(encoder, prompts);
    }

    @Override
    public NDArray logits(NDArray images) {
      try (Scope scope = Scope.open()) {
        return scope.keep(head.logits(encoder.imageEmbeddings(images)));
      }
    }

    @Override
    public Linearized linearize(NDArray images) {
      Linearized inner = encoder.linearize(images);
      try (Scope scope = Scope.open()) {
        return new Composed(inner, scope.keep(head.logits(inner.logits())), head);
      } catch (RuntimeException e) {
        inner.close();
        throw e;
      }
    }

    private record Composed(Linearized inner, NDArray logits, Head head) implements Linearized {
      @Override
      public NDArray pullback(NDArray cotangent) {
        try (Scope scope = Scope.open()) {
          return scope.keep(inner.pullback(head.pullback(cotangent)));
        }
      }

      @Override
      public void close() {
        logits.close();
        inner.close();
      }
    }

    @Override
    public List<String> layers() {
      return encoder.layers();
    }

    @Override
    public NDArray features(NDArray images, String layer) {
      return encoder.features(images, layer);
    }

    @Override
    public Shape inputShape() {
      return encoder.inputShape();
    }

    @Override
    public NDManager manager() {
      return encoder.manager();
    }

    @Override
    public int classes() {
      return head.classes;
    }

    @Override
    public ModelCard card() {
      return ZeroShot.card(encoder, head.classes);
    }

    @Override
    public void close() {
      head.close();
    }
  }
}
