package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.attacks.engine.perturb.AdamStep;
import org.safety4j.attacks.engine.perturb.Attempt;
import org.safety4j.attacks.engine.perturb.GradientSource;
import org.safety4j.attacks.engine.perturb.ModelGradient;
import org.safety4j.attacks.engine.perturb.Sight;
import org.safety4j.attacks.engine.perturb.Status;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Margin;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * C&amp;W in L2: finds a small change that fools the model. Minimises the squared distance less c
 * times a capped margin, over variables that a tanh keeps inside the box, and searches c for every
 * sample by bisection.
 *
 * <p><b>Source</b>: Carlini, Wagner: Towards Evaluating the Robustness of Neural Networks. IEEE
 * S&amp;P, 2017. <b>Deviations</b>: the L2 attack only; the search for c ends after its steps
 * without a last try at the upper bound.
 *
 * <p>Costs one query a step; a sample's steps end early once its objective stands still.
 *
 * @param searchSteps bisections of c, at least 1; 9 by default
 * @param steps Adam steps for each c, at least 0; 1,000 by default
 * @param rate Adam's learning rate, greater than 0; 0.01 by default
 * @param firstC c of the first search step, greater than 0; 0.001 by default
 * @param kappa the margin that is wanted, at least 0; 0 by default
 * @param target which class is wanted; any wrong one by default
 */
public record CarliniWagner(
    int searchSteps, int steps, double rate, double firstC, double kappa, Target target)
    implements EvasionAttack.White {
  private static final String W = "w";
  private static final double SHRINK = 1 - 1e-6;
  private static final double LARGEST_C = 1e10;
  private static final double STANDSTILL = 1e-4;

  /**
   * Checks the ranges.
   *
   * @param searchSteps bisections of c, at least 1; 9 by default
   * @param steps Adam steps for each c, at least 0; 1,000 by default
   * @param rate Adam's learning rate, greater than 0; 0.01 by default
   * @param firstC c of the first search step, greater than 0; 0.001 by default
   * @param kappa the margin that is wanted, at least 0; 0 by default
   * @param target which class is wanted; any wrong one by default
   */
  public CarliniWagner {
    Require.atLeast("searchSteps", searchSteps, 1);
    Require.atLeast("steps", steps, 0);
    Require.positive("rate", rate);
    Require.positive("firstC", firstC);
    Require.that(kappa >= 0, "kappa must be at least 0, was " + kappa);
  }

  /**
   * The paper's setting.
   *
   * @return nine search steps of a thousand Adam steps
   */
  public static CarliniWagner l2() {
    return new CarliniWagner(9, 1_000, 0.01, 1e-3, 0, Target.any());
  }

  /**
   * Changes the number of bisections of c.
   *
   * @param value at least 1
   * @return a copy
   */
  public CarliniWagner withSearchSteps(int value) {
    return new CarliniWagner(value, steps, rate, firstC, kappa, target);
  }

  /**
   * Changes the number of Adam steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public CarliniWagner withSteps(int value) {
    return new CarliniWagner(searchSteps, value, rate, firstC, kappa, target);
  }

  /**
   * Changes the learning rate.
   *
   * @param value greater than 0
   * @return a copy
   */
  public CarliniWagner withRate(double value) {
    return new CarliniWagner(searchSteps, steps, value, firstC, kappa, target);
  }

  /**
   * Changes the first c.
   *
   * @param value greater than 0
   * @return a copy
   */
  public CarliniWagner withFirstC(double value) {
    return new CarliniWagner(searchSteps, steps, rate, value, kappa, target);
  }

  /**
   * Changes the margin that is wanted.
   *
   * @param value at least 0
   * @return a copy
   */
  public CarliniWagner withKappa(double value) {
    return new CarliniWagner(searchSteps, steps, rate, firstC, value, target);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public CarliniWagner withTarget(Target value) {
    return new CarliniWagner(searchSteps, steps, rate, firstC, kappa, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.CARLINI_WAGNER;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt = Attempt.begin(info(), this, Norm.L2, model, input, target, run)) {
      Margin margin = target.isSet() ? Margin.targeted() : Margin.untargeted();
      GradientSource source = ModelGradient.of(attempt, margin.withKappa(kappa));
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          searchForC(attempt, source, part);
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      attempt.verify();
      return attempt.result();
    }
  }

  private void searchForC(Attempt attempt, GradientSource source, int[] part) {
    Bisection bisection = new Bisection(attempt.size(), firstC, LARGEST_C);
    for (int s = 0; s < searchSteps && attempt.proceed(); s++) {
      try (Active active = attempt.activate(part)) {
        minimise(attempt, source, active, bisection, s);
      }
      bisection.next(part);
    }
  }

  private void minimise(
      Attempt attempt, GradientSource source, Active active, Bisection c, int searchStep) {
    double[] previous = new double[attempt.size()];
    Arrays.fill(previous, Double.POSITIVE_INFINITY);
    AdamStep adam = AdamStep.of(rate);
    int lookBack = Math.max(1, steps / 10);
    try (Scope scope = Scope.open()) {
      NDArray shrink = RecipePrograms.scalar(active.originals(), SHRINK);
      active.put(scope, W, RecipePrograms.call("unsquash", active.originals(), shrink));
    }
    for (int t = 0; t < steps && attempt.proceed(); t++) {
      attempt.dropPoor(active, 2);
      if (active.isEmpty()) {
        return;
      }
      double[] objective = step(attempt, source, active, c, adam, searchStep * steps + t, t);
      if (t % lookBack == 0) {
        leaveIfStill(active, objective, previous);
      }
    }
  }

  private double[] step(
      Attempt attempt,
      GradientSource source,
      Active active,
      Bisection c,
      AdamStep adam,
      int stepInAll,
      int t) {
    int[] samples = active.samples();
    try (Scope scope = Scope.open()) {
      NDArray w = active.get(W);
      NDArray x = RecipePrograms.call("squash", w);
      Rng rng = attempt.rng();
      Sight sight = source.look(active, x, scope, rng);
      Status status = Status.of(sight);
      float[] distances = Norm.L2.of(x.sub(active.originals())).toFloatArray();
      attempt.stepped(active, stepInAll, status);
      attempt
          .run()
          .listener()
          .step(attempt.stage(), stepInAll + 1, (long) searchSteps * steps, status.meanLoss());
      boolean[] seems = new boolean[samples.length];
      double[] measured = new double[samples.length];
      double[] objective = new double[samples.length];
      for (int i = 0; i < samples.length; i++) {
        seems[i] =
            attempt.reached(samples[i], status.answer(i)) && status.loss(i) >= kappa * SHRINK;
        measured[i] = distances[i];
        objective[i] = measured[i] * measured[i] - c.value(samples[i]) * status.loss(i);
        if (seems[i]) {
          c.succeeded(samples[i]);
        }
      }
      attempt.propose(active, x, seems, measured);
      NDArray weights = x.getManager().create(c.values(samples));
      NDArray gradient =
          RecipePrograms.call(
              "squashed_gradient", w, x, active.originals(), sight.gradient(), weights);
      active.put(scope, W, adam.free(active, w, gradient, scope, t));
      return objective;
    }
  }

  private static void leaveIfStill(Active active, double[] objective, double[] previous) {
    int[] samples = active.samples();
    int[] moving =
        IntStream.range(0, samples.length)
            .filter(
                i -> {
                  double before = previous[samples[i]];
                  return Double.isInfinite(before)
                      || objective[i] < before - STANDSTILL * Math.abs(before);
                })
            .toArray();
    for (int i = 0; i < samples.length; i++) {
      previous[samples[i]] = objective[i];
    }
    active.keep(moving);
  }
}
