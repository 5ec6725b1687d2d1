package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;

/**
 * Texts as tokens for training. Several short texts may stand behind one another in a row; each
 * sees only itself.
 *
 * @param ids int64 {@code [B, T]}
 * @param segments int64 {@code [B, T]}, which text of its row a token belongs to, from 0; padding
 *     behind the last text has any number
 * @param places int64 {@code [B, T]}, a token's place in its text, from 0
 * @param at int64 {@code [N]}, flat places in the rows whose next token is to be learnt
 * @param next int64 {@code [N]}, that token
 */
public record TokenRows(NDArray ids, NDArray segments, NDArray places, NDArray at, NDArray next)
    implements AutoCloseable {
  /** Frees the arrays. */
  @Override
  public void close() {
    ids.close();
    segments.close();
    places.close();
    at.close();
    next.close();
  }
}
