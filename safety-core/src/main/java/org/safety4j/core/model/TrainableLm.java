package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;

/** A language model whose weights can be trained. */
public interface TrainableLm extends CausalLm.White, Trainable {
  /**
   * Computes the log-probabilities of tokens to be learnt, as part of the graph that the calling
   * thread records. Hooks do not apply.
   *
   * @param rows the texts
   * @return {@code [N]}, one a token of {@link TokenRows#next()}, with a graph back to parameters
   *     that ask for gradients
   * @throws IllegalArgumentException if the rows are longer than the model's context
   */
  NDArray learnt(TokenRows rows);

  /**
   * Computes the log-probabilities of tokens to be learnt from token embeddings, as part of the
   * graph that the calling thread records. Hooks do not apply.
   *
   * @param embeddings float32 {@code [B, T, D]}, what the rows' tokens are read as
   * @param rows the texts; which tokens they hold is not looked at
   * @return {@code [N]}, one a token of {@link TokenRows#next()}, with a graph back to embeddings
   *     and parameters that ask for gradients
   * @throws IllegalArgumentException if the rows are longer than the model's context, or the
   *     embeddings have another shape
   */
  NDArray learnt(NDArray embeddings, TokenRows rows);
}
