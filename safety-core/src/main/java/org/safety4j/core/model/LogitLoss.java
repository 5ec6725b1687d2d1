package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.tensor.Grad;

/**
 * A loss on logits, one value a sample, computed row by row so that samples may leave a batch.
 * Attacks ascend it.
 *
 * <pre>{@code
 * LogitLoss trueLogit = (logits, labels) -> Ops.pick(logits, labels).neg();
 * }</pre>
 */
@FunctionalInterface
public interface LogitLoss {
  /**
   * Computes the loss.
   *
   * @param logits {@code [N, K]}
   * @param labels int64 {@code [N]}
   * @return {@code [N]}
   */
  NDArray values(NDArray logits, NDArray labels);

  /**
   * Computes the gradient of the losses' sum for the logits. Losses with a closed form override it.
   *
   * @param logits {@code [N, K]}
   * @param labels int64 {@code [N]}
   * @return {@code [N, K]}
   */
  default NDArray cotangent(NDArray logits, NDArray labels) {
    try (var result = Grad.of(z -> values(z, labels), logits)) {
      return Grad.detach(result.gradient());
    }
  }
}
