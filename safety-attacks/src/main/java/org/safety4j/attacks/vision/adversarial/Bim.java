package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.engine.perturb.Perturb;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * BIM, also I-FGSM: small steps along the gradient's sign from the original, projected to the ball.
 *
 * <p><b>Source</b>: Kurakin, Goodfellow, Bengio: Adversarial Examples in the Physical World. ICLR
 * Workshop, 2017. <b>Deviations</b>: samples stop once they have fallen; in an L2 ball steps follow
 * the gradient.
 *
 * @param ball Linf or L2
 * @param steps number of steps, at least 0; 10 by default
 * @param stepShare step size as a share of epsilon, in (0, 2]; 0.1 by default
 * @param target which class is wanted; any wrong one by default
 * @param finish when a sample's search ends; at its first success by default
 */
public record Bim(Ball ball, int steps, double stepShare, Target target, Finish finish)
    implements EvasionAttack.White, Constrained<Bim> {
  /**
   * Checks the ranges.
   *
   * @param ball Linf or L2
   * @param steps number of steps, at least 0; 10 by default
   * @param stepShare step size as a share of epsilon, in (0, 2]; 0.1 by default
   * @param target which class is wanted; any wrong one by default
   * @param finish when a sample's search ends; at its first success by default
   */
  public Bim {
    Steps.requireNorm(ball, Norm.LINF, Norm.L2);
    Require.atLeast("steps", steps, 0);
    Steps.requireShare(stepShare);
  }

  private static Bim in(Ball ball) {
    return new Bim(ball, 10, 0.1, Target.any(), Finish.FIRST_SUCCESS);
  }

  /**
   * Ten steps of a tenth of epsilon in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static Bim linf(double epsilon) {
    return in(Ball.linf(epsilon));
  }

  /**
   * Ten steps of a tenth of epsilon in an L2 ball.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static Bim l2(double epsilon) {
    return in(Ball.l2(epsilon));
  }

  @Override
  public Bim withBall(Ball value) {
    return new Bim(value, steps, stepShare, target, finish);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public Bim withSteps(int value) {
    return new Bim(ball, value, stepShare, target, finish);
  }

  /**
   * Changes the step size.
   *
   * @param value as a share of epsilon, in (0, 2]
   * @return a copy
   */
  public Bim withStepShare(double value) {
    return new Bim(ball, steps, value, target, finish);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public Bim withTarget(Target value) {
    return new Bim(ball, steps, stepShare, value, finish);
  }

  /**
   * Changes when a sample's search ends.
   *
   * @param value the end
   * @return a copy
   */
  public Bim withFinish(Finish value) {
    return new Bim(ball, steps, stepShare, target, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.BIM;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return Perturb.maximise(Loss.CROSS_ENTROPY.towards(target))
        .within(ball)
        .stepping(Steps.along(ball, stepShare * ball.epsilon()))
        .times(steps)
        .towards(target)
        .finishing(finish)
        .by(info(), this)
        .run(model, input, run);
  }
}
