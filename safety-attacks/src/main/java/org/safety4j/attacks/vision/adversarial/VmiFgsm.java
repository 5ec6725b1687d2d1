package org.safety4j.attacks.vision.adversarial;

import java.util.List;
import org.safety4j.attacks.engine.perturb.GradientTransform;
import org.safety4j.attacks.engine.perturb.NeighbourVariance;
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
 * VMI-FGSM and, with a look ahead, VNI-FGSM: momentum on gradients that are tuned by their variance
 * among neighbours.
 *
 * <p><b>Source</b>: Wang, He: Enhancing the Transferability of Adversarial Attacks through Variance
 * Tuning. CVPR, 2021. <b>Deviations</b>: gradients are divided by their mean absolute value instead
 * of the L1 norm, which differs by a constant factor.
 *
 * <p>All steps are taken and the last image is given, whether it fools the surrogate or not.
 *
 * @param surrogate ball, steps, momentum, target and further transforms
 * @param neighbours number of neighbours of each step, at least 1; 20 by default
 * @param beta largest distance of a neighbour in units of epsilon, at least 0; 1.5 by default
 */
public record VmiFgsm(Surrogate surrogate, int neighbours, double beta)
    implements EvasionAttack.White, Constrained<VmiFgsm> {
  /**
   * Checks the ranges.
   *
   * @param surrogate ball, steps, momentum, target and further transforms
   * @param neighbours number of neighbours of each step, at least 1; 20 by default
   * @param beta largest distance of a neighbour in units of epsilon, at least 0; 1.5 by default
   */
  public VmiFgsm {
    Require.atLeast("neighbours", neighbours, 1);
    Require.that(beta >= 0, "beta must be at least 0, was " + beta);
  }

  /**
   * Ten steps, twenty neighbours within one and a half epsilon.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static VmiFgsm linf(double epsilon) {
    return new VmiFgsm(Surrogate.in(Ball.linf(epsilon)), 20, 1.5);
  }

  @Override
  public Ball ball() {
    return surrogate.ball();
  }

  @Override
  public VmiFgsm withBall(Ball value) {
    return withSurrogate(surrogate.withBall(value));
  }

  /**
   * Changes how the surrogate is ascended.
   *
   * @param value ball, steps, momentum, target and further transforms
   * @return a copy
   */
  public VmiFgsm withSurrogate(Surrogate value) {
    return new VmiFgsm(value, neighbours, beta);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public VmiFgsm withSteps(int value) {
    return withSurrogate(surrogate.withSteps(value));
  }

  /**
   * Changes what momentum keeps.
   *
   * @param value at least 0
   * @return a copy
   */
  public VmiFgsm withDecay(double value) {
    return withSurrogate(surrogate.withDecay(value));
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public VmiFgsm withTarget(Target value) {
    return withSurrogate(surrogate.withTarget(value));
  }

  /**
   * Sets further transforms of the gradient, before momentum.
   *
   * @param more the transforms, each of which wraps those before it
   * @return a copy
   */
  public VmiFgsm with(GradientTransform... more) {
    return withSurrogate(surrogate.with(more));
  }

  /**
   * Changes the number of neighbours.
   *
   * @param value at least 1
   * @return a copy
   */
  public VmiFgsm withNeighbours(int value) {
    return new VmiFgsm(surrogate, value, beta);
  }

  /**
   * Changes the neighbours' distance.
   *
   * @param value in units of epsilon, at least 0
   * @return a copy
   */
  public VmiFgsm withBeta(double value) {
    return new VmiFgsm(surrogate, neighbours, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.VMI_FGSM;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return TransferRecipe.run(
        info(),
        this,
        surrogate,
        List.of(NeighbourVariance.of(neighbours, beta * ball().epsilon())),
        model,
        input,
        run);
  }
}
