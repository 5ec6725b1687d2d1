package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.attacks.engine.perturb.Attempt;
import org.safety4j.attacks.engine.perturb.GradientSource;
import org.safety4j.attacks.engine.perturb.ModelGradient;
import org.safety4j.attacks.engine.perturb.Sight;
import org.safety4j.attacks.engine.perturb.Status;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * DDN: finds a small change in L2 by deciding direction and length apart. The direction follows
 * unit gradients; the length shrinks by a constant factor while the image fools the model and grows
 * while it does not.
 *
 * <p><b>Source</b>: Rony, Hafemann, Oliveira, Ben Ayed, Sabourin, Granger: Decoupling Direction and
 * Norm for Efficient Gradient-Based L2 Adversarial Attacks and Defenses. CVPR, 2019.
 * <b>Deviations</b>: none.
 *
 * <p>Costs one query a step and one for the last judgement.
 *
 * @param steps number of steps, at least 0; 300 by default
 * @param gamma by how much the length changes, in (0, 1); 0.05 by default
 * @param firstLength the length before the first step, greater than 0; 1 by default
 * @param levels steps of pixel values that images are rounded to, 255 for 8 bits; 0 does not round;
 *     255 by default
 * @param target which class is wanted; any wrong one by default
 */
public record Ddn(int steps, double gamma, double firstLength, int levels, Target target)
    implements EvasionAttack.White {
  private static final String X = "x";
  private static final double FIRST_STEP = 1;
  private static final double LAST_STEP = 0.01;

  /**
   * Checks the ranges.
   *
   * @param steps number of steps, at least 0; 300 by default
   * @param gamma by how much the length changes, in (0, 1); 0.05 by default
   * @param firstLength the length before the first step, greater than 0; 1 by default
   * @param levels steps of pixel values that images are rounded to, 255 for 8 bits; 0 does not
   *     round; 255 by default
   * @param target which class is wanted; any wrong one by default
   */
  public Ddn {
    Require.atLeast("steps", steps, 0);
    Require.that(gamma > 0 && gamma < 1, "gamma must be in (0, 1), was " + gamma);
    Require.positive("firstLength", firstLength);
    Require.atLeast("levels", levels, 0);
  }

  /**
   * The paper's setting.
   *
   * @return 300 steps, images rounded to 8 bits
   */
  public static Ddn l2() {
    return new Ddn(300, 0.05, 1, 255, Target.any());
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public Ddn withSteps(int value) {
    return new Ddn(value, gamma, firstLength, levels, target);
  }

  /**
   * Changes by how much the length changes.
   *
   * @param value in (0, 1)
   * @return a copy
   */
  public Ddn withGamma(double value) {
    return new Ddn(steps, value, firstLength, levels, target);
  }

  /**
   * Changes the first length.
   *
   * @param value greater than 0
   * @return a copy
   */
  public Ddn withFirstLength(double value) {
    return new Ddn(steps, gamma, value, levels, target);
  }

  /**
   * Changes the rounding.
   *
   * @param value 255 for 8 bits, 0 for none
   * @return a copy
   */
  public Ddn withLevels(int value) {
    return new Ddn(steps, gamma, firstLength, value, target);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public Ddn withTarget(Target value) {
    return new Ddn(steps, gamma, firstLength, levels, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.DDN;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt = Attempt.begin(info(), this, Norm.L2, model, input, target, run)) {
      GradientSource source = ModelGradient.of(attempt, Loss.CROSS_ENTROPY.towards(target));
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          try (Active active = attempt.activate(part)) {
            search(attempt, source, active);
          }
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      attempt.verify();
      return attempt.result();
    }
  }

  private void search(Attempt attempt, GradientSource source, Active active) {
    double[] lengths = new double[attempt.size()];
    Arrays.fill(lengths, firstLength);
    try (Scope scope = Scope.open()) {
      active.put(scope, X, Ops.copy(active.originals()));
    }
    for (int t = 0; t < steps && attempt.proceed(); t++) {
      attempt.dropPoor(active, 2);
      if (active.isEmpty()) {
        return;
      }
      step(attempt, source, active, lengths, t);
    }
  }

  private void step(
      Attempt attempt, GradientSource source, Active active, double[] lengths, int t) {
    int[] samples = active.samples();
    try (Scope scope = Scope.open()) {
      NDArray x = active.get(X);
      NDArray x0 = active.originals();
      Sight sight = source.look(active, x, scope, attempt.rng());
      Status status = Status.of(sight);
      float[] measured = Norm.L2.of(x.sub(x0)).toFloatArray();
      attempt.stepped(active, t, status);
      attempt.run().listener().step(attempt.stage(), t + 1, steps, status.meanLoss());
      boolean[] fools = new boolean[samples.length];
      double[] distances = new double[samples.length];
      float[] next = new float[samples.length];
      for (int i = 0; i < samples.length; i++) {
        fools[i] = attempt.reached(samples[i], status.answer(i));
        distances[i] = measured[i];
        lengths[samples[i]] *= fools[i] ? 1 - gamma : 1 + gamma;
        next[i] = (float) lengths[samples[i]];
      }
      attempt.propose(active, x, fools, distances);
      double share = 0.5 * (1 + Math.cos(Math.PI * t / Math.max(1, steps)));
      double size = LAST_STEP + (FIRST_STEP - LAST_STEP) * share;
      NDArray moved =
          RecipePrograms.call(
              "decoupled_step",
              x,
              x0,
              sight.gradient(),
              RecipePrograms.scalar(x, size),
              x.getManager().create(next));
      active.put(scope, X, levels == 0 ? moved : Ops.quantise(moved, levels));
    }
  }
}
