package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;

/**
 * A classifier's forward pass, held so that cotangents can be pulled back through it as often as
 * wanted. The loss lives outside of the model's graph: an engine only has to give logits and a
 * vector-Jacobian product.
 */
public interface Linearized extends AutoCloseable {
  /**
   * Returns the logits, outside of any graph.
   *
   * @return {@code [N, K]}, owned by this object
   */
  NDArray logits();

  /**
   * Pulls a cotangent back to the images.
   *
   * @param cotangent {@code [N, K]}
   * @return gradient of the inner product of logits and cotangent, in the images' shape; owned by
   *     the caller
   */
  NDArray pullback(NDArray cotangent);

  /**
   * Pulls a cotangent back for the last time: the graph may be freed on the way, which is faster.
   * Nothing may be pulled back afterwards.
   *
   * @param cotangent {@code [N, K]}
   * @return what {@link #pullback} returns
   */
  default NDArray lastPullback(NDArray cotangent) {
    return pullback(cotangent);
  }

  /** Frees the graph. */
  @Override
  void close();
}
