package org.safety4j.attacks.vision.adversarial;

import java.util.List;
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
 * AutoAttack: several parameter-free attacks in turn, each on the samples that still stand. A
 * sample counts as robust only if every member failed on it.
 *
 * <p>Warns where a model's answers are random, where gradients were masked, and where the attack by
 * queries found what the gradients missed: signs that the members see less than there is.
 *
 * <p><b>Source</b>: Croce, Hein: Reliable Evaluation of Adversarial Robustness with an Ensemble of
 * Diverse Parameter-free Attacks. ICML, 2020. <b>Deviations</b>: members see the originals once
 * more each, which their queries count.
 *
 * <pre>{@code
 * try (EvasionResult r = AutoAttack.standard(8 / 255.0).run(model, images, Run.seed(0))) {
 *   r.robustAccuracy();
 * }
 * }</pre>
 *
 * @param version which members run
 * @param ball Linf or L2
 * @param steps steps of the members with gradients, at least 0; 100 by default
 * @param queries queries of the member without, at least 1; 5,000 by default
 * @param keepsFallen whether samples that have fallen are attacked again by the members that
 *     follow; false by default, and true only to measure what that costs
 */
public record AutoAttack(Version version, Ball ball, int steps, int queries, boolean keepsFallen)
    implements EvasionAttack.White, Constrained<AutoAttack> {
  /** Which members run. */
  public enum Version {
    /** APGD-CE, APGD-T, FAB-T, Square. */
    STANDARD,
    /** APGD-CE and APGD-DLR with five restarts, FAB with five, Square, APGD-T, FAB-T. */
    PLUS,
    /** For random models: APGD-CE and APGD-DLR, each on the mean of twenty gradients. */
    RAND
  }

  private static final int STEPS = 100;
  private static final int QUERIES = 5_000;
  private static final int RESTARTS = 5;
  private static final int DRAWS = 20;
  private static final int CLASSES_OF_RATIO = 3;

  /**
   * Checks the ranges.
   *
   * @param version which members run
   * @param ball Linf or L2
   * @param steps steps of the members with gradients, at least 0; 100 by default
   * @param queries queries of the member without, at least 1; 5,000 by default
   * @param keepsFallen whether samples that have fallen are attacked again by the members that
   *     follow; false by default, and true only to measure what that costs
   */
  public AutoAttack {
    Steps.requireNorm(ball, Norm.LINF, Norm.L2);
    Require.atLeast("steps", steps, 0);
    Require.atLeast("queries", queries, 1);
  }

  /**
   * The standard version in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static AutoAttack standard(double epsilon) {
    return of(Version.STANDARD, Ball.linf(epsilon));
  }

  /**
   * The version with more members and restarts, in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static AutoAttack plus(double epsilon) {
    return of(Version.PLUS, Ball.linf(epsilon));
  }

  /**
   * The version for random models, in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static AutoAttack rand(double epsilon) {
    return of(Version.RAND, Ball.linf(epsilon));
  }

  /**
   * Any version in any ball.
   *
   * @param version which members run
   * @param ball Linf or L2
   * @return the attack with the paper's settings
   */
  public static AutoAttack of(Version version, Ball ball) {
    return new AutoAttack(version, ball, STEPS, QUERIES, false);
  }

  @Override
  public AutoAttack withBall(Ball value) {
    return new AutoAttack(version, value, steps, queries, keepsFallen);
  }

  /**
   * Changes the steps of the members with gradients.
   *
   * @param value at least 0
   * @return a copy
   */
  public AutoAttack withSteps(int value) {
    return new AutoAttack(version, ball, value, queries, keepsFallen);
  }

  /**
   * Changes the queries of the member without gradients.
   *
   * @param value at least 1
   * @return a copy
   */
  public AutoAttack withQueries(int value) {
    return new AutoAttack(version, ball, steps, value, keepsFallen);
  }

  /**
   * Changes whether fallen samples are attacked again.
   *
   * @param value true only to measure what that costs
   * @return a copy
   */
  public AutoAttack withFallenKept(boolean value) {
    return new AutoAttack(version, ball, steps, queries, value);
  }

  /**
   * Lists the members in their order.
   *
   * @param classes number of classes; the ratio loss needs three, else the margin stands in
   * @return attacks in this attack's ball
   */
  public List<EvasionAttack<?>> members(int classes) {
    Apgd ce = new Apgd(ball, steps, 1, Loss.CROSS_ENTROPY, 0, 1);
    Apgd dlr = ce.withLoss(classes < CLASSES_OF_RATIO ? Loss.MARGIN : Loss.DLR);
    Apgd targeted = Apgd.targeted(ball).withSteps(steps);
    Fab fab = new Fab(ball, steps, 1, 0);
    Fab fabTargeted = Fab.targeted(ball).withSteps(steps);
    Square square =
        (ball.norm() == Norm.L2 ? Square.l2(1) : Square.linf(1))
            .withBall(ball)
            .withQueries(queries);
    return switch (version) {
      case STANDARD -> List.of(ce, targeted, fabTargeted, square);
      case PLUS ->
          List.of(
              ce.withRestarts(RESTARTS),
              dlr.withRestarts(RESTARTS),
              fab.withRestarts(RESTARTS),
              square,
              targeted,
              fabTargeted);
      case RAND -> List.of(ce.withDraws(DRAWS), dlr.withDraws(DRAWS));
    };
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.AUTO_ATTACK;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    return new Ensemble(this, model, input, run).run();
  }
}
