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
}
