package org.safety4j.attacks.vision.adversarial;

import java.util.List;
import org.safety4j.attacks.engine.perturb.GradientTransform;
import org.safety4j.attacks.engine.perturb.ScaleCopies;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * NI-FGSM and SI-NI-FGSM: momentum that looks ahead, on copies of the image at several scales.
 *
 * <p><b>Source</b>: Lin, Song, He, Wang, Hopcroft: Nesterov Accelerated Gradient and Scale
 * Invariance for Adversarial Attacks. ICLR, 2020. <b>Deviations</b>: gradients are divided by their
 * mean absolute value instead of the L1 norm, which differs by a constant factor.
 *
 * <p>All steps are taken and the last image is given, whether it fools the surrogate or not.
 *
 * @param surrogate ball, steps, momentum, target and further transforms
 * @param scales number of copies of the image, each half as bright as the one before; at least 1,
 *     which is NI-FGSM alone; 5 by default
 */
public record NiFgsm(Surrogate surrogate, int scales)
    implements EvasionAttack.White, Constrained<NiFgsm> {
  /**
   * Checks the number.
   *
   * @param surrogate ball, steps, momentum, target and further transforms
   * @param scales number of copies of the image, each half as bright as the one before; at least 1,
   *     which is NI-FGSM alone; 5 by default
   */
  public NiFgsm {
    Require.atLeast("scales", scales, 1);
  }

  /**
   * Ten steps that look ahead, on five scales.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static NiFgsm linf(double epsilon) {
    return new NiFgsm(Surrogate.in(Ball.linf(epsilon)).looksAhead(), 5);
  }

  @Override
  public Ball ball() {
    return surrogate.ball();
  }

  @Override
  public NiFgsm withBall(Ball value) {
    return withSurrogate(surrogate.withBall(value));
  }

  /**
   * Changes how the surrogate is ascended.
   *
   * @param value ball, steps, momentum, target and further transforms
   * @return a copy
   */
  public NiFgsm withSurrogate(Surrogate value) {
    return new NiFgsm(value, scales);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public NiFgsm withSteps(int value) {
    return withSurrogate(surrogate.withSteps(value));
  }

  /**
   * Changes what momentum keeps.
   *
   * @param value at least 0
   * @return a copy
   */
  public NiFgsm withDecay(double value) {
    return withSurrogate(surrogate.withDecay(value));
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public NiFgsm withTarget(Target value) {
    return withSurrogate(surrogate.withTarget(value));
  }

  /**
   * Sets further transforms of the gradient, before momentum.
   *
   * @param more the transforms, each of which wraps those before it
   * @return a copy
   */
  public NiFgsm with(GradientTransform... more) {
    return withSurrogate(surrogate.with(more));
  }

  /**
   * Changes the number of scales.
   *
   * @param value at least 1; 1 for NI-FGSM alone
   * @return a copy
   */
  public NiFgsm withScales(int value) {
    return new NiFgsm(surrogate, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.NI_FGSM;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return TransferRecipe.run(
        info(), this, surrogate, List.of(ScaleCopies.of(scales)), model, input, run);
  }
}
