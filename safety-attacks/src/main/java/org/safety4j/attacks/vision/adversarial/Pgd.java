package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.engine.perturb.Perturb;
import org.safety4j.attacks.engine.perturb.Start;
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
 * PGD: steepest ascent for the norm from a random point of the ball, with the exact projection onto
 * ball and box after every step, begun anew for samples that still stand.
 *
 * <p><b>Source</b>: Madry, Makelov, Schmidt, Tsipras, Vladu: Towards Deep Learning Models Resistant
 * to Adversarial Attacks. ICLR, 2018. <b>Deviations</b>: samples stop once they have fallen; an L1
 * step moves the hundredth part of the entries where the gradient is largest and the box leaves
 * room.
 *
 * <pre>{@code
 * try (EvasionResult r = Pgd.linf(8 / 255.0).withSteps(20).withRestarts(5).run(model, images, Run.seed(0))) {
 *   r.successRate();
 * }
 * }</pre>
 *
 * <p>Costs, for each restart, one query a step and one for the last image; a sample that seems to
 * have fallen is asked once more. Immutable and safe for use by several threads.
 *
 * @param ball Linf, L2 or L1
 * @param steps steps of each restart, at least 0; 20 by default
 * @param stepShare step size as a share of epsilon, in (0, 2]; 0.25 by default
 * @param restarts how often the search is begun, at least 1; 1 by default
 * @param start where it begins; at random by default
 * @param loss the loss that is raised; cross-entropy by default
 * @param target which class is wanted; any wrong one by default
 * @param finish when a sample's search ends; at its first success by default
 */
public record Pgd(
    Ball ball,
    int steps,
    double stepShare,
    int restarts,
    Start start,
    Loss loss,
    Target target,
    Finish finish)
    implements EvasionAttack.White, Constrained<Pgd> {
  /**
   * Checks the ranges.
   *
   * @param ball Linf, L2 or L1
   * @param steps steps of each restart, at least 0; 20 by default
   * @param stepShare step size as a share of epsilon, in (0, 2]; 0.25 by default
   * @param restarts how often the search is begun, at least 1; 1 by default
   * @param start where it begins; at random by default
   * @param loss the loss that is raised; cross-entropy by default
   * @param target which class is wanted; any wrong one by default
   * @param finish when a sample's search ends; at its first success by default
   */
  public Pgd {
    Steps.requireNorm(ball, Norm.LINF, Norm.L2, Norm.L1);
    Require.atLeast("steps", steps, 0);
    Steps.requireShare(stepShare);
    Require.atLeast("restarts", restarts, 1);
  }

  private static Pgd in(Ball ball) {
    return new Pgd(
        ball, 20, 0.25, 1, Start.RANDOM, Loss.CROSS_ENTROPY, Target.any(), Finish.FIRST_SUCCESS);
  }

  /**
   * Twenty steps of a quarter of epsilon in an Linf ball, from a random start.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static Pgd linf(double epsilon) {
    return in(Ball.linf(epsilon));
  }

  /**
   * Twenty steps of a quarter of epsilon in an L2 ball, from a random start.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static Pgd l2(double epsilon) {
    return in(Ball.l2(epsilon));
  }

  /**
   * Twenty sparse steps of a quarter of epsilon in an L1 ball, from a random start.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static Pgd l1(double epsilon) {
    return in(Ball.l1(epsilon));
  }

  @Override
  public Pgd withBall(Ball value) {
    return new Pgd(value, steps, stepShare, restarts, start, loss, target, finish);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public Pgd withSteps(int value) {
    return new Pgd(ball, value, stepShare, restarts, start, loss, target, finish);
  }

  /**
   * Changes the step size.
   *
   * @param value as a share of epsilon, in (0, 2]
   * @return a copy
   */
  public Pgd withStepShare(double value) {
    return new Pgd(ball, steps, value, restarts, start, loss, target, finish);
  }

  /**
   * Changes how often the search is begun.
   *
   * @param value at least 1
   * @return a copy
   */
  public Pgd withRestarts(int value) {
    return new Pgd(ball, steps, stepShare, value, start, loss, target, finish);
  }

  /**
   * Changes where the search begins.
   *
   * @param value the start
   * @return a copy
   */
  public Pgd withStart(Start value) {
    return new Pgd(ball, steps, stepShare, restarts, value, loss, target, finish);
  }

  /**
   * Changes the loss.
   *
   * @param value the loss that is raised
   * @return a copy
   */
  public Pgd withLoss(Loss value) {
    return new Pgd(ball, steps, stepShare, restarts, start, value, target, finish);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public Pgd withTarget(Target value) {
    return new Pgd(ball, steps, stepShare, restarts, start, loss, value, finish);
  }

  /**
   * Changes when a sample's search ends.
   *
   * @param value the end
   * @return a copy
   */
  public Pgd withFinish(Finish value) {
    return new Pgd(ball, steps, stepShare, restarts, start, loss, target, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.PGD;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return Perturb.maximise(loss.towards(target))
        .within(ball)
        .stepping(Steps.along(ball, stepShare * ball.epsilon()))
        .times(steps)
        .from(start)
        .restarting(restarts)
        .towards(target)
        .finishing(finish)
        .by(info(), this)
        .run(model, input, run);
  }
}
