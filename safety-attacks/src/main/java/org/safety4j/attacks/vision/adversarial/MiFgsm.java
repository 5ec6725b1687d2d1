package org.safety4j.attacks.vision.adversarial;

import java.util.List;
import org.safety4j.attacks.engine.perturb.GradientTransform;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * MI-FGSM: iterated sign steps along a sum of normalised gradients.
 *
 * <p><b>Source</b>: Dong, Liao, Pang, Su, Zhu, Hu, Li: Boosting Adversarial Attacks with Momentum.
 * CVPR, 2018. <b>Deviations</b>: gradients are divided by their mean absolute value instead of the
 * L1 norm, which differs by a constant factor.
 *
 * <p>All steps are taken and the last image is given, whether it fools the surrogate or not.
 *
 * <pre>{@code
 * MiFgsm.linf(8 / 255.0).with(Diversity.of(0.5), Smoothing.gaussian(7, 3));   // DI and TI with MI
 * }</pre>
 *
 * @param surrogate ball, steps, momentum, target and further transforms
 */
public record MiFgsm(Surrogate surrogate) implements EvasionAttack.White, Constrained<MiFgsm> {
  /**
   * Ten steps with full momentum.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static MiFgsm linf(double epsilon) {
    return new MiFgsm(Surrogate.in(Ball.linf(epsilon)));
  }

  @Override
  public Ball ball() {
    return surrogate.ball();
  }

  @Override
  public MiFgsm withBall(Ball value) {
    return withSurrogate(surrogate.withBall(value));
  }

  /**
   * Changes how the surrogate is ascended.
   *
   * @param value ball, steps, momentum, target and further transforms
   * @return a copy
   */
  public MiFgsm withSurrogate(Surrogate value) {
    return new MiFgsm(value);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public MiFgsm withSteps(int value) {
    return withSurrogate(surrogate.withSteps(value));
  }

  /**
   * Changes what momentum keeps.
   *
   * @param value at least 0
   * @return a copy
   */
  public MiFgsm withDecay(double value) {
    return withSurrogate(surrogate.withDecay(value));
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public MiFgsm withTarget(Target value) {
    return withSurrogate(surrogate.withTarget(value));
  }

  /**
   * Sets further transforms of the gradient, before momentum.
   *
   * @param more the transforms, each of which wraps those before it
   * @return a copy
   */
  public MiFgsm with(GradientTransform... more) {
    return withSurrogate(surrogate.with(more));
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.MI_FGSM;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return TransferRecipe.run(info(), this, surrogate, List.of(), model, input, run);
  }
}
