package org.safety4j.core.attack;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.LogitLoss;

/**
 * The difference of logits ratio: a margin divided by a spread of the logits, so that neither a
 * shift nor a scaling of the logits changes it. It does not vanish where cross-entropy saturates.
 *
 * <p>Source: Croce, Hein: Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse
 * Parameter-free Attacks. ICML, 2020.
 */
public final class Dlr implements LogitLoss {
  private static final Dlr UNTARGETED = new Dlr();
  private static final Targeted TARGETED = new Targeted();

  private Dlr() {}

  /**
   * The loss of an attack that leaves the label. Needs at least 3 classes.
   *
   * @return {@code (max other - z_y) / (z_1 - z_3)} with the logits sorted downwards
   */
  public static Dlr untargeted() {
    return UNTARGETED;
  }

  /**
   * The loss of an attack that turns one class into another. Needs at least 4 classes.
   *
   * @return {@code (z_t - z_y) / (z_1 - (z_3 + z_4) / 2)} with the logits sorted downwards
   */
  public static Targeted targeted() {
    return TARGETED;
  }

  @Override
  public NDArray values(NDArray logits, NDArray labels) {
    return LossPrograms.call("dlr", need(3, logits), labels);
  }

  @Override
  public NDArray cotangent(NDArray logits, NDArray labels) {
    return LossPrograms.call("dlr_gradient", need(3, logits), labels);
  }

  private static NDArray need(int classes, NDArray logits) {
    long k = logits.getShape().get(1);
    Require.that(
        k >= classes,
        "the DLR loss needs at least "
            + classes
            + " classes, the model has "
            + k
            + "; use Margin or CrossEntropy");
    return logits;
  }

  @Override
  public String toString() {
    return "Dlr[untargeted]";
  }

  /** The targeted form; its labels are pairs. */
  public static final class Targeted implements PairLoss {
    private Targeted() {}

    @Override
    public NDArray values(NDArray logits, NDArray labels) {
      return LossPrograms.call("dlr_targeted", need(4, logits), labels);
    }

    @Override
    public NDArray cotangent(NDArray logits, NDArray labels) {
      return LossPrograms.call("dlr_targeted_gradient", need(4, logits), labels);
    }

    @Override
    public String toString() {
      return "Dlr[targeted]";
    }
  }
}
