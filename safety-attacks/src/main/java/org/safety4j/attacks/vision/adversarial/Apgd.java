package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.attacks.engine.perturb.AdaptiveAscent;
import org.safety4j.attacks.engine.perturb.Attempt;
import org.safety4j.attacks.engine.perturb.Expectation;
import org.safety4j.attacks.engine.perturb.GradientSource;
import org.safety4j.attacks.engine.perturb.ModelGradient;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.Dlr;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.LogitGap;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.attack.PairLoss;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.run.Run;

/**
 * APGD: ascent with momentum and a step size that adapts itself at checkpoints, so that only the
 * number of steps is left to choose. With target classes it is APGD-T, which aims at one likely
 * wrong class after another; any wrong answer counts.
 *
 * <p><b>Source</b>: Croce, Hein: Reliable Evaluation of Adversarial Robustness with an Ensemble of
 * Diverse Parameter-free Attacks. ICML, 2020. <b>Deviations</b>: samples stop once they have
 * fallen; the projection onto L2 ball and box together is exact; with target classes but fewer than
 * four classes the plain difference of two logits is raised.
 *
 * <p>Costs, for each restart and target class, one query a step and one for the start; a sample
 * that seems to have fallen is asked once more.
 *
 * @param ball Linf or L2
 * @param steps steps of each restart, at least 0; 100 by default
 * @param restarts how often the search is begun, for each target class, at least 1; 1 by default
 * @param loss the loss that is raised; with target classes it must be {@link Loss#DLR}
 * @param targetClasses how many wrong classes are aimed at, from the likeliest; 0 for none
 * @param draws gradients averaged in each step, for random models, at least 1; 1 by default
 */
public record Apgd(Ball ball, int steps, int restarts, Loss loss, int targetClasses, int draws)
    implements EvasionAttack.White, Constrained<Apgd> {
  private static final double RHO = 0.75;
  private static final int STEPS = 100;
  private static final int CLASSES = 9;
  private static final int CLASSES_OF_RATIO = 4;

  /**
   * Checks the ranges.
   *
   * @param ball Linf or L2
   * @param steps steps of each restart, at least 0; 100 by default
   * @param restarts how often the search is begun, for each target class, at least 1; 1 by default
   * @param loss the loss that is raised; with target classes it must be {@link Loss#DLR}
   * @param targetClasses how many wrong classes are aimed at, from the likeliest; 0 for none
   * @param draws gradients averaged in each step, for random models, at least 1; 1 by default
   */
  public Apgd {
    Steps.requireNorm(ball, Norm.LINF, Norm.L2);
    Require.atLeast("steps", steps, 0);
    Require.atLeast("restarts", restarts, 1);
    Require.atLeast("targetClasses", targetClasses, 0);
    Require.atLeast("draws", draws, 1);
    Require.that(
        targetClasses == 0 || loss == Loss.DLR,
        "loss must be DLR where there are target classes, was " + loss);
  }

  /**
   * APGD-CE in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static Apgd linf(double epsilon) {
    return in(Ball.linf(epsilon));
  }

  /**
   * APGD-CE in an L2 ball.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static Apgd l2(double epsilon) {
    return in(Ball.l2(epsilon));
  }

  private static Apgd in(Ball ball) {
    return new Apgd(ball, STEPS, 1, Loss.CROSS_ENTROPY, 0, 1);
  }

  /**
   * APGD-T: the ratio loss, aimed at the nine likeliest wrong classes in turn, or all if there are
   * fewer.
   *
   * @param ball Linf or L2
   * @return the attack
   */
  public static Apgd targeted(Ball ball) {
    return new Apgd(ball, STEPS, 1, Loss.DLR, CLASSES, 1);
  }

  @Override
  public Apgd withBall(Ball value) {
    return new Apgd(value, steps, restarts, loss, targetClasses, draws);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public Apgd withSteps(int value) {
    return new Apgd(ball, value, restarts, loss, targetClasses, draws);
  }

  /**
   * Changes how often the search is begun.
   *
   * @param value at least 1
   * @return a copy
   */
  public Apgd withRestarts(int value) {
    return new Apgd(ball, steps, value, loss, targetClasses, draws);
  }

  /**
   * Changes the loss.
   *
   * @param value the loss that is raised
   * @return a copy
   */
  public Apgd withLoss(Loss value) {
    return new Apgd(ball, steps, restarts, value, targetClasses, draws);
  }

  /**
   * Changes the number of target classes.
   *
   * @param value at least 0; 0 aims at none
   * @return a copy
   */
  public Apgd withTargetClasses(int value) {
    return new Apgd(ball, steps, restarts, loss, value, draws);
  }

  /**
   * Averages several gradients in each step.
   *
   * @param value at least 1
   * @return a copy
   */
  public Apgd withDraws(int value) {
    return new Apgd(ball, steps, restarts, loss, targetClasses, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.APGD;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt =
        Attempt.begin(info(), this, ball.norm(), model, input, Target.any(), run)) {
      LogitLoss raised = targetClasses > 0 ? pairLoss(model.classes()) : loss.towards(Target.any());
      GradientSource source = Expectation.over(draws).wrap(ModelGradient.of(attempt, raised));
      AdaptiveAscent ascent = new AdaptiveAscent(attempt, source, ball, steps, RHO);
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          attack(attempt, ascent, part);
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      return attempt.result();
    }
  }

  /** The ratio needs the fourth logit; where there is none, the plain difference must do. */
  private static PairLoss pairLoss(int classes) {
    return classes < CLASSES_OF_RATIO ? LogitGap.targeted() : Dlr.targeted();
  }

  private void attack(Attempt attempt, AdaptiveAscent ascent, int[] part) {
    int[][] aims = targetClasses > 0 ? aims(attempt, part) : new int[][] {null};
    for (int a = 0; a < aims.length; a++) {
      for (int r = 0; r < restarts && attempt.proceed(); r++) {
        int[] left = attempt.standingOf(part);
        if (left.length == 0) {
          return;
        }
        try (Active active =
            aims[a] == null ? attempt.activate(left) : attempt.activate(left, aims[a])) {
          ascent.search(active, attempt.rng().derive("aim").derive(a).derive(r));
        }
      }
    }
  }

  /** The likeliest wrong classes of each sample, by rank, then by the sample's number. */
  private int[][] aims(Attempt attempt, int[] part) {
    if (!attempt.proceed()) {
      return new int[0][];
    }
    return Ranks.wrongClasses(attempt, part, targetClasses);
  }
}
