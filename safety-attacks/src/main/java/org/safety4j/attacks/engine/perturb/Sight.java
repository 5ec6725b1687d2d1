package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;

/**
 * What a source of gradients sees at a point.
 *
 * @param gradient where the loss rises, in the images' shape
 * @param values the losses {@code [n]}
 * @param logits the scores {@code [n, K]} at exactly this point; null if the source looked
 *     elsewhere
 */
public record Sight(NDArray gradient, NDArray values, NDArray logits) {
  /**
   * Changes the gradient.
   *
   * @param value the new gradient
   * @return a copy
   */
  public Sight withGradient(NDArray value) {
    return new Sight(value, values, logits);
  }

  /**
   * Says that the scores are not those of the point.
   *
   * @return a copy without logits
   */
  public Sight elsewhere() {
    return new Sight(gradient, values, null);
  }
}
