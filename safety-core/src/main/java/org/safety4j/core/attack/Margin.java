package org.safety4j.core.attack;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.LogitLoss;

/**
 * The difference between two logits, capped at a confidence: how far the model errs, or how far it
 * is from it. Positive exactly when the attack has reached its goal.
 *
 * <p>Source: Carlini, Wagner: Towards Evaluating the Robustness of Neural Networks. IEEE S&amp;P,
 * 2017, with the opposite sign, because attacks ascend losses here.
 *
 * @param toTarget whether the labels are classes to reach and not classes to leave
 * @param kappa the value at which the loss is flat, at least 0; infinity for no cap
 */
public record Margin(boolean toTarget, double kappa) implements LogitLoss {
  /**
   * Checks the cap.
   *
   * @param toTarget whether the labels are classes to reach and not classes to leave
   * @param kappa the value at which the loss is flat, at least 0; infinity for no cap
   */
  public Margin {
    Require.that(kappa >= 0, "kappa must be at least 0, was " + kappa);
  }

  /**
   * The loss of an attack that leaves the label.
   *
   * @return the best other logit less the label's, without a cap
   */
  public static Margin untargeted() {
    return new Margin(false, Double.POSITIVE_INFINITY);
  }

  /**
   * The loss of an attack that reaches a class.
   *
   * @return the target's logit less the best other one, without a cap
   */
  public static Margin targeted() {
    return new Margin(true, Double.POSITIVE_INFINITY);
  }

  /**
   * Caps the margin, so that nothing is spent on more confidence than wanted.
   *
   * @param value the cap, at least 0
   * @return a copy
   */
  public Margin withKappa(double value) {
    return new Margin(toTarget, value);
  }

  @Override
  public NDArray values(NDArray logits, NDArray labels) {
    return call("margin", logits, labels);
  }

  @Override
  public NDArray cotangent(NDArray logits, NDArray labels) {
    return call("margin_gradient", logits, labels);
  }

  private NDArray call(String form, NDArray logits, NDArray labels) {
    return LossPrograms.call(toTarget ? "targeted_" + form : form, logits, labels, kappa);
  }
}
