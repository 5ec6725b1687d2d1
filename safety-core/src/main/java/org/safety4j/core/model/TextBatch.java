package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;

/**
 * Texts as tokens, padded on the right to one length.
 *
 * @param ids int64 {@code [B, T]}
 * @param mask int64 {@code [B, T]}, 1 for a token, 0 for padding
 * @param types int64 {@code [B, T]}, which of two texts of a pair a token belongs to, 0 or 1
 */
public record TextBatch(NDArray ids, NDArray mask, NDArray types) implements AutoCloseable {
  /** Frees the arrays. */
  @Override
  public void close() {
    ids.close();
    mask.close();
    types.close();
  }
}
