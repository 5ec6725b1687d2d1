package org.safety4j.defenses.engine.smooth;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.engine.ClassifierView;

/**
 * Classifies random copies of each image and averages: labels by majority vote, logits by their
 * mean. The gradient is that of the loss of the mean logits, pulled back through the copies, which
 * is what expectation over transformation asks for.
 *
 * <p>With fixed draws every call uses the same copies: a deterministic, differentiable function.
 * With fresh draws every call draws anew, in the order of the calls; an attack then has to average
 * over calls, and results repeat only if one thread calls.
 */
public final class Averaging {
  private final RandomCopies copies;
  private final boolean fresh;
  private final int batchSize;
  private final String shield;
  private final AtomicLong calls = new AtomicLong();

  /**
   * Sets how to average.
   *
   * @param copies what is averaged over
   * @param fresh whether every call draws anew
   * @param batchSize most copies passed to the model at once, at least 1; each image has at least
   *     one copy in a batch
   * @param shield the shield's id, for names
   */
  public Averaging(RandomCopies copies, boolean fresh, int batchSize, String shield) {
    this.copies = copies;
    this.fresh = fresh;
    this.batchSize = Require.atLeast("batchSize", batchSize, 1);
    this.shield = shield;
  }

  /**
   * Wraps labels.
   *
   * @param model the model; stays the caller's
   * @return answers by majority vote, the lowest class on ties; a rejection is a vote too
   */
  public ImageClassifier.Black black(ImageClassifier.Black model) {
    return new BlackView(model);
  }

  /**
   * Wraps scores.
   *
   * @param model the model; stays the caller's
   * @return mean logits
   */
  public ImageClassifier.Gray gray(ImageClassifier.Gray model) {
    return new GrayView<>(model);
  }

  /**
   * Wraps gradients.
   *
   * @param model the model; stays the caller's
   * @return mean logits with their gradient
   */
  public ImageClassifier.White white(ImageClassifier.White model) {
    return new WhiteView(model);
  }

  private long nextCall() {
    return fresh ? calls.getAndIncrement() : 0;
  }

  /** A run of copies that goes to the model in one batch. */
  private record Span(int from, int to) {
    int size() {
      return to - from;
    }
  }

  private List<Span> spans(NDArray images) {
    int step = (int) Math.max(1, batchSize / Math.max(1, images.getShape().get(0)));
    List<Span> spans = new ArrayList<>();
    for (int from = 0; from < copies.count(); from += step) {
      spans.add(new Span(from, Math.min(copies.count(), from + step)));
    }
    return spans;
  }

  /** Sums {@code [N * copies, ...]} over the copies of each image. */
  private static NDArray sumOverCopies(NDArray rows, int copiesOfEach) {
    Shape shape = rows.getShape();
    Shape grouped = new Shape(shape.get(0) / copiesOfEach, copiesOfEach).addAll(shape.slice(1));
    return rows.reshape(grouped).sum(new int[] {1});
  }

  private final class BlackView extends ClassifierView<ImageClassifier.Black> {
    BlackView(ImageClassifier.Black model) {
      super(model, shield);
    }

    @Override
    public int[] labels(NDArray images) {
      int n = Math.toIntExact(images.getShape().get(0));
      long[][] votes = new long[n][classes() + 1];
      long call = nextCall();
      for (Span span : spans(images)) {
        try (Scope scope = Scope.open()) {
          int[] answers = model().labels(copies.draw(images, call, span.from(), span.to()));
          for (int row = 0; row < answers.length; row++) {
            votes[row / span.size()][answers[row] == REJECTED ? classes() : answers[row]]++;
          }
        }
      }
      int[] labels = new int[n];
      for (int i = 0; i < n; i++) {
        int best = Votes.top(votes[i]);
        labels[i] = best == classes() ? REJECTED : best;
      }
      return labels;
    }
  }

  private class GrayView<M extends ImageClassifier.Gray> extends ClassifierView<M>
      implements ImageClassifier.Gray {
    GrayView(M model) {
      super(model, shield);
    }

    @Override
    public NDArray logits(NDArray images) {
      return mean(images, model()::logits);
    }

    final NDArray mean(NDArray images, UnaryOperator<NDArray> function) {
      long call = nextCall();
      try (Scope all = Scope.open()) {
        NDArray total = null;
        for (Span span : spans(images)) {
          try (Scope scope = Scope.open()) {
            NDArray drawn = copies.draw(images, call, span.from(), span.to());
            NDArray sum = sumOverCopies(function.apply(drawn), span.size());
            total = scope.keep(total == null ? sum : total.add(sum));
          }
        }
        return all.keep(total.div(copies.count()));
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
      return new MeanLinearized(model(), images);
    }

    @Override
    public List<String> layers() {
      return model().layers();
    }

    @Override
    public NDArray features(NDArray images, String layer) {
      return mean(images, drawn -> model().features(drawn, layer));
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

  /** Holds the graph of every chunk of copies. */
  private final class MeanLinearized implements Linearized {
    private record Part(NDArray drawn, Linearized at, int copiesOfEach) {}

    private final NDManager owner;
    private final NDManager home;
    private final NDArray leaf;
    private final List<Part> parts = new ArrayList<>();
    private final NDArray logits;

    MeanLinearized(ImageClassifier.White model, NDArray images) {
      owner = Tensors.newManager();
      home = images.getManager();
      try {
        leaf = recorded(() -> Grad.leaf(images));
        long call = nextCall();
        NDArray total = null;
        for (Span span : spans(images)) {
          NDArray drawn = recorded(() -> copies.draw(leaf, call, span.from(), span.to()));
          // Outside of any scope of this object, which would free the graph that the model holds.
          Linearized at = model.linearize(recorded(() -> Grad.detach(drawn)));
          parts.add(new Part(drawn, at, span.size()));
          NDArray before = total;
          total =
              recorded(
                  () -> {
                    NDArray sum = sumOverCopies(at.logits(), span.size());
                    return before == null ? sum : before.add(sum);
                  });
        }
        NDArray all = total;
        logits = recorded(() -> all.div(copies.count()));
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }

    private NDArray recorded(Supplier<NDArray> step) {
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
        NDArray share = cotangent.div(copies.count());
        NDArray total = null;
        for (Part part : parts) {
          NDArray each = share.repeat(0, part.copiesOfEach());
          NDArray pulled = Grad.vjp(part.drawn(), leaf, part.at().pullback(each));
          total = total == null ? pulled : total.add(pulled);
        }
        return scope.keep(total, home);
      }
    }

    @Override
    public void close() {
      parts.forEach(part -> part.at().close());
      owner.close();
    }
  }
}
