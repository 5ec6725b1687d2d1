package org.safety4j.attacks.vision.adversarial;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.attacks.engine.perturb.Expectation;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.engine.perturb.GradientTransform;
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
 * EOT and BPDA: PGD whose gradient is averaged over several draws of a random model or
 * transformation, and passes a transformation without a useful gradient by a stand-in.
 *
 * <p><b>Source</b>: Athalye, Carlini, Wagner: Obfuscated Gradients Give a False Sense of Security.
 * ICML, 2018. <b>Deviations</b>: samples stop once they have fallen, unless another finish is set.
 *
 * <pre>{@code
 * Eot.linf(8 / 255.0).withDraws(20).run(randomised, images, Run.seed(0));
 * Eot.linf(8 / 255.0).with(BackwardPass.identity(x -> Ops.quantise(x, 8))).run(plain, images, Run.seed(0));
 * }</pre>
 *
 * <p>The second form attacks a preprocessing that is not part of the model; success is asked of the
 * model that is given, so that shields are better attacked through their own view.
 *
 * <p>Costs, for each restart, as many queries a step as there are draws.
 *
 * @param ball Linf, L2 or L1
 * @param steps steps of each restart, at least 0; 20 by default
 * @param stepShare step size as a share of epsilon, in (0, 2]; 0.25 by default
 * @param restarts how often the search is begun, at least 1; 1 by default
 * @param draws gradients averaged in each step, at least 1; 10 by default
 * @param loss the loss that is raised; cross-entropy by default
 * @param target which class is wanted; any wrong one by default
 * @param inside transforms inside each draw, such as a backward pass or a random change; none by
 *     default
 * @param finish when a sample's search ends; at its first success by default
 */
public record Eot(
    Ball ball,
    int steps,
    double stepShare,
    int restarts,
    int draws,
    Loss loss,
    Target target,
    List<GradientTransform> inside,
    Finish finish)
    implements EvasionAttack.White, Constrained<Eot> {
  /**
   * Checks the ranges and copies the transforms.
   *
   * @param ball Linf, L2 or L1
   * @param steps steps of each restart, at least 0; 20 by default
   * @param stepShare step size as a share of epsilon, in (0, 2]; 0.25 by default
   * @param restarts how often the search is begun, at least 1; 1 by default
   * @param draws gradients averaged in each step, at least 1; 10 by default
   * @param loss the loss that is raised; cross-entropy by default
   * @param target which class is wanted; any wrong one by default
   * @param inside transforms inside each draw, such as a backward pass or a random change; none by
   *     default
   * @param finish when a sample's search ends; at its first success by default
   */
  public Eot {
    Steps.requireNorm(ball, Norm.LINF, Norm.L2, Norm.L1);
    Require.atLeast("steps", steps, 0);
    Steps.requireShare(stepShare);
    Require.atLeast("restarts", restarts, 1);
    Require.atLeast("draws", draws, 1);
    inside = List.copyOf(inside);
  }

  private static Eot in(Ball ball) {
    return new Eot(
        ball, 20, 0.25, 1, 10, Loss.CROSS_ENTROPY, Target.any(), List.of(), Finish.FIRST_SUCCESS);
  }

  /**
   * Twenty steps of ten draws in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static Eot linf(double epsilon) {
    return in(Ball.linf(epsilon));
  }

  /**
   * Twenty steps of ten draws in an L2 ball.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static Eot l2(double epsilon) {
    return in(Ball.l2(epsilon));
  }

  @Override
  public Eot withBall(Ball value) {
    return new Eot(value, steps, stepShare, restarts, draws, loss, target, inside, finish);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public Eot withSteps(int value) {
    return new Eot(ball, value, stepShare, restarts, draws, loss, target, inside, finish);
  }

  /**
   * Changes the step size.
   *
   * @param value as a share of epsilon, in (0, 2]
   * @return a copy
   */
  public Eot withStepShare(double value) {
    return new Eot(ball, steps, value, restarts, draws, loss, target, inside, finish);
  }

  /**
   * Changes how often the search is begun.
   *
   * @param value at least 1
   * @return a copy
   */
  public Eot withRestarts(int value) {
    return new Eot(ball, steps, stepShare, value, draws, loss, target, inside, finish);
  }

  /**
   * Changes the number of draws.
   *
   * @param value at least 1
   * @return a copy
   */
  public Eot withDraws(int value) {
    return new Eot(ball, steps, stepShare, restarts, value, loss, target, inside, finish);
  }

  /**
   * Changes the loss.
   *
   * @param value the loss that is raised
   * @return a copy
   */
  public Eot withLoss(Loss value) {
    return new Eot(ball, steps, stepShare, restarts, draws, value, target, inside, finish);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public Eot withTarget(Target value) {
    return new Eot(ball, steps, stepShare, restarts, draws, loss, value, inside, finish);
  }

  /**
   * Sets what happens inside each draw.
   *
   * @param transforms each wraps those before it
   * @return a copy
   */
  public Eot with(GradientTransform... transforms) {
    return new Eot(
        ball, steps, stepShare, restarts, draws, loss, target, List.of(transforms), finish);
  }

  /**
   * Changes when a sample's search ends. Where answers vary, one success is luck: {@link
   * Finish#HIGHEST_LOSS} takes all steps.
   *
   * @param value when it ends, and which image it gives
   * @return a copy
   */
  public Eot withFinish(Finish value) {
    return new Eot(ball, steps, stepShare, restarts, draws, loss, target, inside, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.EOT;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    List<GradientTransform> transforms = new ArrayList<>(inside);
    transforms.add(Expectation.over(draws));
    return Perturb.maximise(loss.towards(target))
        .within(ball)
        .stepping(Steps.along(ball, stepShare * ball.epsilon()))
        .times(steps)
        .from(Start.RANDOM)
        .restarting(restarts)
        .shaping(transforms.toArray(GradientTransform[]::new))
        .towards(target)
        .finishing(finish)
        .by(info(), this)
        .run(model, input, run);
  }
}
