package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import org.safety4j.attacks.engine.perturb.Active;
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
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * EAD: finds a small and sparse change, by the C&amp;W objective with an L1 term that iterative
 * shrinkage handles, accelerated as in FISTA, and a bisection of its weight c for every sample.
 *
 * <p><b>Source</b>: Chen, Sharma, Zhang, Yi, Hsieh: EAD: Elastic-Net Attacks to Deep Neural
 * Networks via Adversarial Examples. AAAI, 2018. <b>Deviations</b>: none.
 *
 * <p>Costs two queries a step: the gradient at the extrapolated point and the scores at the
 * shrunken one.
 *
 * @param searchSteps bisections of c, at least 1; 9 by default
 * @param steps shrinkage steps for each c, at least 0; 1,000 by default
 * @param rate step size, which falls with the square root of the steps that are left, greater than
 *     0; 0.01 by default
 * @param firstC c of the first search step, greater than 0; 0.001 by default
 * @param beta weight of the L1 term, at least 0; 0.001 by default
 * @param kappa the margin that is wanted, at least 0; 0 by default
 * @param rule whether the image with the smallest L1 distance is kept, or with the smallest elastic
 *     net
 * @param target which class is wanted; any wrong one by default
 */
public record Ead(
    int searchSteps,
    int steps,
    double rate,
    double firstC,
    double beta,
    double kappa,
    Rule rule,
    Target target)
    implements EvasionAttack.White {
  /** Which image is kept. */
  public enum Rule {
    /** That with the smallest L1 distance. */
    L1,
    /** That with the smallest squared L2 distance plus beta times the L1 distance. */
    ELASTIC_NET
  }

  private static final String X = "x";
  private static final String Y = "y";
  private static final double LARGEST_C = 1e10;
  private static final double ROUNDING = 1 - 1e-6;

  /**
   * Checks the ranges.
   *
   * @param searchSteps bisections of c, at least 1; 9 by default
   * @param steps shrinkage steps for each c, at least 0; 1,000 by default
   * @param rate step size, which falls with the square root of the steps that are left, greater
   *     than 0; 0.01 by default
   * @param firstC c of the first search step, greater than 0; 0.001 by default
   * @param beta weight of the L1 term, at least 0; 0.001 by default
   * @param kappa the margin that is wanted, at least 0; 0 by default
   * @param rule whether the image with the smallest L1 distance is kept, or with the smallest
   *     elastic net
   * @param target which class is wanted; any wrong one by default
   */
  public Ead {
    Require.atLeast("searchSteps", searchSteps, 1);
    Require.atLeast("steps", steps, 0);
    Require.positive("rate", rate);
    Require.positive("firstC", firstC);
    Require.that(beta >= 0, "beta must be at least 0, was " + beta);
    Require.that(kappa >= 0, "kappa must be at least 0, was " + kappa);
  }

  /**
   * The paper's setting, keeping the smallest L1 distance.
   *
   * @return nine search steps of a thousand shrinkage steps
   */
  public static Ead l1() {
    return new Ead(9, 1_000, 0.01, 1e-3, 1e-3, 0, Rule.L1, Target.any());
  }

  /**
   * The paper's setting, keeping the smallest elastic net.
   *
   * @return nine search steps of a thousand shrinkage steps
   */
  public static Ead elasticNet() {
    return new Ead(9, 1_000, 0.01, 1e-3, 1e-3, 0, Rule.ELASTIC_NET, Target.any());
  }

  /**
   * Changes the number of bisections of c.
   *
   * @param value at least 1
   * @return a copy
   */
  public Ead withSearchSteps(int value) {
    return new Ead(value, steps, rate, firstC, beta, kappa, rule, target);
  }

  /**
   * Changes the number of shrinkage steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public Ead withSteps(int value) {
    return new Ead(searchSteps, value, rate, firstC, beta, kappa, rule, target);
  }

  /**
   * Changes the step size.
   *
   * @param value greater than 0
   * @return a copy
   */
  public Ead withRate(double value) {
    return new Ead(searchSteps, steps, value, firstC, beta, kappa, rule, target);
  }

  /**
   * Changes the first c.
   *
   * @param value greater than 0
   * @return a copy
   */
  public Ead withFirstC(double value) {
    return new Ead(searchSteps, steps, rate, value, beta, kappa, rule, target);
  }

  /**
   * Changes the weight of the L1 term.
   *
   * @param value at least 0
   * @return a copy
   */
  public Ead withBeta(double value) {
    return new Ead(searchSteps, steps, rate, firstC, value, kappa, rule, target);
  }

  /**
   * Changes the margin that is wanted.
   *
   * @param value at least 0
   * @return a copy
   */
  public Ead withKappa(double value) {
    return new Ead(searchSteps, steps, rate, firstC, beta, value, rule, target);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public Ead withTarget(Target value) {
    return new Ead(searchSteps, steps, rate, firstC, beta, kappa, rule, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.EAD;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt = Attempt.begin(info(), this, Norm.L1, model, input, target, run)) {
      Margin margin = (target.isSet() ? Margin.targeted() : Margin.untargeted()).withKappa(kappa);
      GradientSource source = ModelGradient.of(attempt, margin);
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          Bisection c = new Bisection(attempt.size(), firstC, LARGEST_C);
          for (int s = 0; s < searchSteps && attempt.proceed(); s++) {
            try (Active active = attempt.activate(part)) {
              minimise(attempt, source, margin, active, c, s * steps);
            }
            c.next(part);
          }
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      attempt.verify();
      return attempt.result();
    }
  }

  private void minimise(
      Attempt attempt,
      GradientSource source,
      Margin margin,
      Active active,
      Bisection c,
      int before) {
    try (Scope scope = Scope.open()) {
      active.put(scope, X, Ops.copy(active.originals()));
      active.put(scope, Y, Ops.copy(active.originals()));
    }
    for (int t = 0; t < steps && attempt.proceed(); t++) {
      attempt.dropPoor(active, 3);
      if (active.isEmpty()) {
        return;
      }
      try (Scope scope = Scope.open()) {
        Status status = shrink(attempt, source, active, c, scope, t);
        attempt.stepped(active, before + t, status);
        attempt
            .run()
            .listener()
            .step(attempt.stage(), before + t + 1, (long) searchSteps * steps, status.meanLoss());
        judge(attempt, margin, active, c);
      }
    }
  }

  private Status shrink(
      Attempt attempt, GradientSource source, Active active, Bisection c, Scope scope, int t) {
    NDArray y = active.get(Y);
    Sight sight = source.look(active, y, scope, attempt.rng());
    Status status = Status.of(sight);
    double size = rate * Math.sqrt(1 - (double) t / steps);
    NDArray next =
        RecipePrograms.call(
            "shrunken_step",
            y,
            active.originals(),
            sight.gradient(),
            y.getManager().create(c.values(active.samples())),
            RecipePrograms.scalar(y, size),
            RecipePrograms.scalar(y, beta));
    NDArray ahead = next.add(next.sub(active.get(X)).mul(t / (t + 3.0)));
    active.put(scope, X, next);
    active.put(scope, Y, ahead);
    return status;
  }

  private void judge(Attempt attempt, Margin margin, Active active, Bisection c) {
    int[] samples = active.samples();
    NDArray x = active.get(X);
    NDArray logits = attempt.model().logits(x);
    attempt.charge(samples, 1);
    long[] answers = logits.argMax(1).toLongArray();
    NDArray labels = active.targets() == null ? active.labels() : active.targets();
    float[] margins = margin.values(logits, labels).toFloatArray();
    NDArray measure =
        rule == Rule.L1
            ? Norm.L1.of(x.sub(active.originals()))
            : RecipePrograms.call(
                "elastic_net", x, active.originals(), RecipePrograms.scalar(x, beta));
    float[] measured = measure.toFloatArray();
    boolean[] seems = new boolean[samples.length];
    double[] distances = new double[samples.length];
    for (int i = 0; i < samples.length; i++) {
      seems[i] = attempt.reached(samples[i], (int) answers[i]) && margins[i] >= kappa * ROUNDING;
      distances[i] = measured[i];
      if (seems[i]) {
        c.succeeded(samples[i]);
      }
    }
    attempt.propose(active, x, seems, distances);
  }
}
