package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.perturb.L1Step;
import org.safety4j.attacks.engine.perturb.L2Step;
import org.safety4j.attacks.engine.perturb.SignStep;
import org.safety4j.attacks.engine.perturb.StepRule;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.Require;

/** Steepest ascent for the norm of a ball. */
final class Steps {
  /** An L1 step moves this share of the entries; fewer would take too many steps. */
  private static final double L1_SHARE = 0.01;

  private Steps() {}

  static StepRule along(Ball ball, double size) {
    return switch (ball.norm()) {
      case LINF -> SignStep.of(size);
      case L2 -> L2Step.of(size);
      case L1 -> L1Step.of(size, L1_SHARE);
      case L0 -> throw new IllegalArgumentException("norm must be LINF, L2 or L1, was L0");
    };
  }

  static void requireNorm(Ball ball, Norm... allowed) {
    for (Norm norm : allowed) {
      if (ball.norm() == norm) {
        return;
      }
    }
    Require.that(
        false, "norm must be one of " + java.util.List.of(allowed) + ", was " + ball.norm());
  }

  static void requireShare(double stepShare) {
    Require.that(
        stepShare > 0 && stepShare <= 2,
        "stepShare must be in (0, 2] times epsilon, was " + stepShare);
  }
}
