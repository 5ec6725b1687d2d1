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
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * FGSM: one step of length epsilon along the sign of the gradient, then the box.
 *
 * <p><b>Source</b>: Goodfellow, Shlens, Szegedy: Explaining and Harnessing Adversarial Examples.
 * ICLR, 2015. <b>Deviations</b>: in an L2 ball the step follows the gradient and not its sign.
 *
 * <p>Costs three queries an image: the original, its gradient, the image that is tried.
 *
 * @param ball Linf or L2
 * @param target which class is wanted; any wrong one by default
 * @param finish which image a sample gives that still stands; its original by default
 */
public record Fgsm(Ball ball, Target target, Finish finish)
    implements EvasionAttack.White, Constrained<Fgsm> {
  /**
   * Checks the norm.
   *
   * @param ball Linf or L2
   * @param target which class is wanted; any wrong one by default
   * @param finish which image a sample gives that still stands; its original by default
   */
  public Fgsm {
    Steps.requireNorm(ball, Norm.LINF, Norm.L2);
  }

  /**
   * One step in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static Fgsm linf(double epsilon) {
    return new Fgsm(Ball.linf(epsilon), Target.any(), Finish.FIRST_SUCCESS);
  }

  /**
   * One step in an L2 ball.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static Fgsm l2(double epsilon) {
    return new Fgsm(Ball.l2(epsilon), Target.any(), Finish.FIRST_SUCCESS);
  }

  @Override
  public Fgsm withBall(Ball value) {
    return new Fgsm(value, target, finish);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public Fgsm withTarget(Target value) {
    return new Fgsm(ball, value, finish);
  }

  /**
   * Changes which image a sample gives.
   *
   * @param value the end
   * @return a copy
   */
  public Fgsm withFinish(Finish value) {
    return new Fgsm(ball, target, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.FGSM;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return Perturb.maximise(Loss.CROSS_ENTROPY.towards(target))
        .within(ball)
        .stepping(Steps.along(ball, ball.epsilon()))
        .towards(target)
        .finishing(finish)
        .by(info(), this)
        .run(model, input, run);
  }
}
