package org.safety4j.attacks.vision.adversarial;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.engine.perturb.GradientTransform;
import org.safety4j.attacks.engine.perturb.Momentum;
import org.safety4j.attacks.engine.perturb.Perturb;
import org.safety4j.attacks.engine.perturb.SignStep;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/** What the attacks on a surrogate share: steps of epsilon over their number, momentum last. */
final class TransferRecipe {
  private TransferRecipe() {}

  static EvasionResult run(
      MethodInfo info,
      Object config,
      Surrogate s,
      List<GradientTransform> first,
      ImageClassifier.White model,
      LabeledImages input,
      Run run) {
    double stepSize = s.ball().epsilon() / Math.max(1, s.steps());
    List<GradientTransform> transforms = new ArrayList<>(first);
    transforms.addAll(s.also());
    transforms.add(s.nesterov() ? Momentum.nesterov(s.decay(), stepSize) : Momentum.of(s.decay()));
    return Perturb.maximise(Loss.CROSS_ENTROPY.towards(s.target()))
        .within(s.ball())
        .stepping(SignStep.of(stepSize))
        .times(s.steps())
        .shaping(transforms.toArray(GradientTransform[]::new))
        .towards(s.target())
        .finishing(Finish.LAST_IMAGE)
        .by(info, config)
        .run(model, input, run);
  }
}
