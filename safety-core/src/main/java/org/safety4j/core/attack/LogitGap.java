package org.safety4j.core.attack;

import ai.djl.ndarray.NDArray;

/**
 * The logit of a target less that of the true class, whatever the other classes say. Labels are
 * pairs.
 */
public record LogitGap() implements PairLoss {
  /**
   * The loss of an attack that turns one class into another.
   *
   * @return {@code z_t - z_y}
   */
  public static LogitGap targeted() {
    return new LogitGap();
  }

  @Override
  public NDArray values(NDArray logits, NDArray labels) {
    return LossPrograms.call("logit_gap", logits, labels);
  }

  @Override
  public NDArray cotangent(NDArray logits, NDArray labels) {
    return LossPrograms.call("logit_gap_gradient", logits, labels);
  }
}
