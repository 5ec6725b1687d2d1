package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.ValueAndGradient;

/** Models that put texts into classes. */
public final class TextClassifier {
  private TextClassifier() {}

  /** Labels only. */
  public interface Black extends BlackBox {
    /**
     * Classifies texts.
     *
     * @param texts any texts, at least one
     * @return a class a text
     * @throws IllegalArgumentException if a text has more tokens than the model can read
     */
    int[] labels(List<String> texts);

    /**
     * Returns the names of the classes.
     *
     * @return one name a class, at least 2
     */
    List<String> classNames();
  }

  /** Labels and scores. */
  public interface Gray extends Black, GrayBox {
    /**
     * Scores texts.
     *
     * @param texts any texts, at least one
     * @return logits {@code [N, K]}, outside of any graph; owned by the caller
     * @throws IllegalArgumentException if a text has more tokens than the model can read
     */
    NDArray logits(List<String> texts);

    @Override
    default int[] labels(List<String> texts) {
      try (Scope scope = Scope.open()) {
        long[] best = logits(texts).argMax(1).toLongArray();
        return java.util.Arrays.stream(best).mapToInt(Math::toIntExact).toArray();
      }
    }
  }

  /** Labels, scores and gradients. */
  public interface White extends Gray, WhiteText {
    /**
     * Scores rows of token embeddings; part of the graph if one is recorded.
     *
     * @param embeddings token embeddings {@code [B, T, D]}
     * @param batch mask and types of the rows
     * @return logits {@code [B, K]}; owned by the caller
     */
    NDArray logitsOf(NDArray embeddings, TextBatch batch);

    /**
     * Computes a loss and its gradient for token embeddings. No gradient of a weight is computed.
     *
     * @param embeddings token embeddings {@code [B, T, D]}
     * @param batch mask and types of the rows
     * @param labels int64 {@code [B]}
     * @param loss the loss
     * @return values {@code [B]} and gradient in the embeddings' shape
     */
    default ValueAndGradient gradient(
        NDArray embeddings, TextBatch batch, NDArray labels, LogitLoss loss) {
      return Grad.of(e -> loss.values(logitsOf(e, batch), labels), embeddings);
    }
  }
}
