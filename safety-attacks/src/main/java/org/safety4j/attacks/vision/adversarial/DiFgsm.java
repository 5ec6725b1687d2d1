package org.safety4j.attacks.vision.adversarial;

import java.util.List;
import org.safety4j.attacks.engine.perturb.Diversity;
import org.safety4j.attacks.engine.perturb.GradientTransform;
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
 * DI-FGSM: gradients taken at images that are shrunk and padded at random.
 *
 * <p><b>Source</b>: Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille: Improving Transferability of
 * Adversarial Examples with Input Diversity. CVPR, 2019. <b>Deviations</b>: gradients are divided
 * by their mean absolute value instead of the L1 norm, which differs by a constant factor.
 *
 * <p>All steps are taken and the last image is given, whether it fools the surrogate or not.
 *
 * @param surrogate ball, steps, momentum, target and further transforms
 * @param probability how often an image is shrunk, in [0, 1]; 0.5 by default
 */
public record DiFgsm(Surrogate surrogate, double probability)
    implements EvasionAttack.White, Constrained<DiFgsm> {
  /**
   * Checks the range.
   *
   * @param surrogate ball, steps, momentum, target and further transforms
   * @param probability how often an image is shrunk, in [0, 1]; 0.5 by default
   */
  public DiFgsm {
    Require.inRange("probability", probability, 0, 1);
  }

  /**
   * Ten steps with momentum; every second image is shrunk.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static DiFgsm linf(double epsilon) {
    return new DiFgsm(Surrogate.in(Ball.linf(epsilon)), 0.5);
  }

  @Override
  public Ball ball() {
    return surrogate.ball();
  }

  @Override
  public DiFgsm withBall(Ball value) {
    return withSurrogate(surrogate.withBall(value));
  }

  /**
   * Changes how the surrogate is ascended.
   *
   * @param value ball, steps, momentum, target and further transforms
   * @return a copy
   */
  public DiFgsm withSurrogate(Surrogate value) {
    return new DiFgsm(value, probability);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public DiFgsm withSteps(int value) {
    return withSurrogate(surrogate.withSteps(value));
  }

  /**
   * Changes what momentum keeps.
   *
   * @param value at least 0
   * @return a copy
   */
  public DiFgsm withDecay(double value) {
    return withSurrogate(surrogate.withDecay(value));
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public DiFgsm withTarget(Target value) {
    return withSurrogate(surrogate.withTarget(value));
  }

  /**
   * Sets further transforms of the gradient, before momentum.
   *
   * @param more the transforms, each of which wraps those before it
   * @return a copy
   */
  public DiFgsm with(GradientTransform... more) {
    return withSurrogate(surrogate.with(more));
  }

  /**
   * Changes the probability.
   *
   * @param value in [0, 1]
   * @return a copy
   */
  public DiFgsm withProbability(double value) {
    return new DiFgsm(surrogate, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.DI_FGSM;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return TransferRecipe.run(
        info(), this, surrogate, List.of(Diversity.of(probability)), model, input, run);
  }
}
