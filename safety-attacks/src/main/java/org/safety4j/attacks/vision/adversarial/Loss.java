package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.attack.Dlr;
import org.safety4j.core.attack.Margin;
import org.safety4j.core.model.LogitLoss;

/** Which loss a first-order attack raises. */
public enum Loss {
  /** Cross-entropy; vanishes where a model is very sure. */
  CROSS_ENTROPY,
  /** The difference between the best wrong logit and the right one. */
  MARGIN,
  /** The margin divided by a spread of the logits; needs 3 classes, with a target 4. */
  DLR;

  LogitLoss towards(Target target) {
    return switch (this) {
      case CROSS_ENTROPY -> target.isSet() ? CrossEntropy.targeted() : CrossEntropy.untargeted();
      case MARGIN -> target.isSet() ? Margin.targeted() : Margin.untargeted();
      case DLR -> target.isSet() ? Dlr.targeted() : Dlr.untargeted();
    };
  }
}
