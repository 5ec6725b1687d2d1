package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.stream.IntStream;
import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.attacks.engine.perturb.Attempt;
import org.safety4j.attacks.engine.perturb.Sight;
import org.safety4j.attacks.engine.perturb.Status;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * JSMA: changes two pixel values at a time, the pair that most raises the target's logit while the
 * other logits fall.
 *
 * <p><b>Source</b>: Papernot, McDaniel, Jha, Fredrikson, Celik, Swami: The Limitations of Deep
 * Learning in Adversarial Settings. EuroS&amp;P, 2016. <b>Deviations</b>: without a target it aims
 * at the likeliest wrong class, and any wrong one counts; gradients are of logits; in images of
 * more than 512 values a pair is sought among the 512 that are most salient alone.
 *
 * <p>Costs one query a pair: both gradients are pulled back through one forward pass.
 *
 * @param ball an L0 ball: how many pixel values may change
 * @param theta what is added to a value, in [-1, 1], not 0; 1 by default
 * @param target which class is wanted; any wrong one by default
 */
public record Jsma(Ball ball, double theta, Target target)
    implements EvasionAttack.White, Constrained<Jsma> {
  private static final String X = "x";
  private static final int MOST_SALIENT = 512;

  /**
   * Checks the ranges.
   *
   * @param ball an L0 ball: how many pixel values may change
   * @param theta what is added to a value, in [-1, 1], not 0; 1 by default
   * @param target which class is wanted; any wrong one by default
   */
  public Jsma {
    Steps.requireNorm(ball, Norm.L0);
    Require.inRange("theta", theta, -1, 1);
    Require.that(theta != 0, "theta must not be 0");
  }

  /**
   * Values are set to 1.
   *
   * @param changes how many pixel values may change, at least 2
   * @return the attack
   */
  public static Jsma l0(int changes) {
    return new Jsma(new Ball(Norm.L0, Require.atLeast("changes", changes, 2)), 1, Target.any());
  }

  @Override
  public Jsma withBall(Ball value) {
    return new Jsma(value, theta, target);
  }

  /**
   * Changes what is added to a value.
   *
   * @param value in [-1, 1], not 0
   * @return a copy
   */
  public Jsma withTheta(double value) {
    return new Jsma(ball, value, target);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public Jsma withTarget(Target value) {
    return new Jsma(ball, theta, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.JSMA;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt = Attempt.begin(info(), this, Norm.L0, model, input, target, run)) {
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          attack(attempt, part);
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      return attempt.result();
    }
  }

  private void attack(Attempt attempt, int[] part) {
    // Values that are changed twice count once, so this many pairs never leave the ball.
    int pairs = (int) (ball.epsilon() / 2);
    if (pairs == 0 || !attempt.proceed()) {
      return;
    }
    try (Active active = aimed(attempt, part)) {
      try (Scope scope = Scope.open()) {
        active.put(scope, X, Ops.copy(active.originals()));
      }
      for (int t = 0; t < pairs && attempt.proceed(); t++) {
        attempt.dropPoor(active, 2);
        if (active.isEmpty()) {
          return;
        }
        int[] stay = step(attempt, active, t, pairs);
        active.keep(stay);
      }
      if (!active.isEmpty()) {
        attempt.claim(active, active.get(X), IntStream.range(0, active.size()).toArray());
      }
    }
  }

  private Active aimed(Attempt attempt, int[] part) {
    return target.isSet()
        ? attempt.activate(part)
        : attempt.activate(part, Ranks.wrongClasses(attempt, part, 1)[0]);
  }

  /** Returns the rows that go on: not fallen, and with a pair to change. */
  private int[] step(Attempt attempt, Active active, int t, int pairs) {
    try (Scope scope = Scope.open();
        Linearized at = attempt.model().linearize(active.get(X))) {
      attempt.charge(active.samples(), 1);
      NDArray x = active.get(X);
      NDArray z = at.logits();
      NDArray up = RecipePrograms.call("one_hot", z, active.targets());
      NDArray towards = at.pullback(up);
      NDArray others = at.lastPullback(up.neg().add(1));
      NDArray values = RecipePrograms.call("chosen", z, active.targets());
      Status status = Status.of(new Sight(towards, values, z));
      attempt.stepped(active, t, status);
      attempt.run().listener().step(attempt.stage(), t + 1, pairs, status.meanLoss());
      boolean[] fell =
          t == 0
              ? new boolean[active.size()]
              : attempt.claim(active, x, attempt.seemFallen(active, status));
      long salient = Math.min(MOST_SALIENT, active.elementShape().size());
      NDList next =
          RecipePrograms.all(
              "saliency_pairs",
              x,
              towards,
              others,
              RecipePrograms.scalar(x, theta),
              x.getManager().create(salient));
      float[] found = next.get(1).toFloatArray();
      active.put(scope, X, next.get(0));
      // A row without a pair keeps its image, which is judged before it leaves.
      int[] stuck =
          IntStream.range(0, found.length).filter(i -> !fell[i] && found[i] == 0).toArray();
      attempt.claim(active, next.get(0), stuck);
      return IntStream.range(0, found.length).filter(i -> !fell[i] && found[i] != 0).toArray();
    }
  }
}
