package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.function.UnaryOperator;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.ValueAndGradient;

/**
 * Models that turn texts into vectors.
 *
 * <pre>{@code
 * try (TextEncoder.White encoder = Models.textEncoder(Path.of("all-minilm-l6-v2"))) {
 *   NDArray vectors = encoder.embed(List.of("a cat", "a dog"));
 * }
 * }</pre>
 */
public final class TextEncoder {
  private TextEncoder() {}

  /** Gives vectors. */
  public interface Black extends BlackBox {
    /**
     * Embeds texts.
     *
     * @param texts any texts, at least one
     * @return {@code [N, D]}, outside of any graph; owned by the caller
     * @throws IllegalArgumentException if a text has more tokens than the model can read
     */
    NDArray embed(List<String> texts);

    /**
     * Returns the size of a vector.
     *
     * @return at least 1
     */
    int width();
  }

  /** Full access. */
  public interface White extends Black, WhiteText {
    /**
     * Embeds rows of token embeddings; part of the graph if one is recorded.
     *
     * @param embeddings token embeddings {@code [B, T, D]}
     * @param batch mask and types of the rows
     * @return {@code [B, D]}; owned by the caller
     */
    NDArray embedOf(NDArray embeddings, TextBatch batch);

    /**
     * Computes a loss of vectors and its gradient for token embeddings. No gradient of a weight is
     * computed.
     *
     * @param embeddings token embeddings {@code [B, T, D]}
     * @param batch mask and types of the rows
     * @param loss maps vectors {@code [B, D]} to a scalar or one value a row; its values are summed
     * @return loss and gradient in the embeddings' shape
     */
    default ValueAndGradient gradient(
        NDArray embeddings, TextBatch batch, UnaryOperator<NDArray> loss) {
      return Grad.of(e -> loss.apply(embedOf(e, batch)), embeddings);
    }
  }
}
