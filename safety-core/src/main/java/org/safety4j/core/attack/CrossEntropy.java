package org.safety4j.core.attack;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.model.LogitLoss;

/**
 * Cross-entropy, the loss that classifiers are trained with. Its value is {@code -log p(label)};
 * the gradient for the logits is {@code p - onehot(label)}.
 *
 * <p>Ascending the untargeted form leaves the label; ascending the targeted form, which has the
 * opposite sign, reaches it.
 *
 * @param toTarget whether the labels are classes to reach and not classes to leave
 */
public record CrossEntropy(boolean toTarget) implements LogitLoss {
  /**
   * The loss of an attack that leaves the label.
   *
   * @return {@code -log p(label)}
   */
  public static CrossEntropy untargeted() {
    return new CrossEntropy(false);
  }

  /**
   * The loss of an attack that reaches a class.
   *
   * @return {@code log p(target)}
   */
  public static CrossEntropy targeted() {
    return new CrossEntropy(true);
  }

  @Override
  public NDArray values(NDArray logits, NDArray labels) {
    return signed(LossPrograms.call("cross_entropy", logits, labels));
  }

  @Override
  public NDArray cotangent(NDArray logits, NDArray labels) {
    return signed(LossPrograms.call("cross_entropy_gradient", logits, labels));
  }

  private NDArray signed(NDArray value) {
    return toTarget ? LossPrograms.negated(value) : value;
  }
}
