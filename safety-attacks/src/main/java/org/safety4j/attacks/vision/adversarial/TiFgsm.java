package org.safety4j.attacks.vision.adversarial;

import java.util.List;
import org.safety4j.attacks.engine.perturb.GradientTransform;
import org.safety4j.attacks.engine.perturb.Smoothing;
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
 * TI-FGSM: gradients convolved with a Gaussian kernel, as if averaged over shifted images.
 *
 * <p><b>Source</b>: Dong, Pang, Su, Zhu: Evading Defenses to Transferable Adversarial Examples by
 * Translation-Invariant Attacks. CVPR, 2019. <b>Deviations</b>: gradients are divided by their mean
 * absolute value instead of the L1 norm, which differs by a constant factor.
 *
 * <p>All steps are taken and the last image is given, whether it fools the surrogate or not.
 *
 * @param surrogate ball, steps, momentum, target and further transforms
 * @param kernelSize side of the kernel in pixels, odd, at least 1; its standard deviation is a
 *     third of half of it; 7 by default
 */
public record TiFgsm(Surrogate surrogate, int kernelSize)
    implements EvasionAttack.White, Constrained<TiFgsm> {
  /** The kernel reaches this many standard deviations to either side. */
  private static final double SIGMAS = 3;

  /**
   * Checks the size.
   *
   * @param surrogate ball, steps, momentum, target and further transforms
   * @param kernelSize side of the kernel in pixels, odd, at least 1; its standard deviation is a
   *     third of half of it; 7 by default
   */
  public TiFgsm {
    Require.that(
        kernelSize >= 1 && kernelSize % 2 == 1,
        "kernelSize must be odd and at least 1, was " + kernelSize);
  }

  /**
   * Ten steps with momentum and a kernel of 7 x 7 pixels.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static TiFgsm linf(double epsilon) {
    return new TiFgsm(Surrogate.in(Ball.linf(epsilon)), 7);
  }

  @Override
  public Ball ball() {
    return surrogate.ball();
  }

  @Override
  public TiFgsm withBall(Ball value) {
    return withSurrogate(surrogate.withBall(value));
  }

  /**
   * Changes how the surrogate is ascended.
   *
   * @param value ball, steps, momentum, target and further transforms
   * @return a copy
   */
  public TiFgsm withSurrogate(Surrogate value) {
    return new TiFgsm(value, kernelSize);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public TiFgsm withSteps(int value) {
    return withSurrogate(surrogate.withSteps(value));
  }

  /**
   * Changes what momentum keeps.
   *
   * @param value at least 0
   * @return a copy
   */
  public TiFgsm withDecay(double value) {
    return withSurrogate(surrogate.withDecay(value));
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public TiFgsm withTarget(Target value) {
    return withSurrogate(surrogate.withTarget(value));
  }

  /**
   * Sets further transforms of the gradient, before momentum.
   *
   * @param more the transforms, each of which wraps those before it
   * @return a copy
   */
  public TiFgsm with(GradientTransform... more) {
    return withSurrogate(surrogate.with(more));
  }

  /**
   * Changes the kernel.
   *
   * @param value its side in pixels, odd
   * @return a copy
   */
  public TiFgsm withKernelSize(int value) {
    return new TiFgsm(surrogate, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.TI_FGSM;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return TransferRecipe.run(
        info(),
        this,
        surrogate,
        List.of(Smoothing.gaussian(kernelSize, Math.max(1, kernelSize / 2) / SIGMAS)),
        model,
        input,
        run);
  }
}
