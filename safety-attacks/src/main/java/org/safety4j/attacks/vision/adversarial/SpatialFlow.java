package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
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
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;

/**
 * stAdv: bends an image by a smooth flow field until the model errs; no pixel value is added,
 * pixels only move.
 *
 * <p><b>Source</b>: Xiao, Zhu, Li, He, Liu, Song: Spatially Transformed Adversarial Examples. ICLR,
 * 2018. <b>Deviations</b>: Adam instead of L-BFGS; samples stop once they have fallen.
 *
 * <p>Costs one query a step. Distances are reported in Linf of pixel values, which says little
 * here.
 *
 * @param steps number of steps, at least 0; 100 by default
 * @param rate Adam's learning rate in pixels, greater than 0; 0.05 by default
 * @param tau weight of the flow's variation, at least 0; 0.005 by default
 * @param target which class is wanted; any wrong one by default
 */
public record SpatialFlow(int steps, double rate, double tau, Target target)
    implements EvasionAttack.White {
  private static final String FLOW = "flow";

  /**
   * Checks the ranges.
   *
   * @param steps number of steps, at least 0; 100 by default
   * @param rate Adam's learning rate in pixels, greater than 0; 0.05 by default
   * @param tau weight of the flow's variation, at least 0; 0.005 by default
   * @param target which class is wanted; any wrong one by default
   */
  public SpatialFlow {
    Require.atLeast("steps", steps, 0);
    Require.positive("rate", rate);
    Require.that(tau >= 0, "tau must be at least 0, was " + tau);
  }

  /**
   * A hundred steps.
   *
   * @return the attack
   */
  public static SpatialFlow defaults() {
    return new SpatialFlow(100, 0.05, 0.005, Target.any());
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public SpatialFlow withSteps(int value) {
    return new SpatialFlow(value, rate, tau, target);
  }

  /**
   * Changes the learning rate.
   *
   * @param value in pixels, greater than 0
   * @return a copy
   */
  public SpatialFlow withRate(double value) {
    return new SpatialFlow(steps, value, tau, target);
  }

  /**
   * Changes the weight of the flow's variation.
   *
   * @param value at least 0
   * @return a copy
   */
  public SpatialFlow withTau(double value) {
    return new SpatialFlow(steps, rate, value, target);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public SpatialFlow withTarget(Target value) {
    return new SpatialFlow(steps, rate, tau, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.SPATIAL;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt = Attempt.begin(info(), this, Norm.LINF, model, input, target, run)) {
      GradientSource source = ModelGradient.of(attempt, Loss.MARGIN.towards(target));
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          try (Active active = attempt.activate(part)) {
            bend(attempt, source, active);
          }
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      return attempt.result();
    }
  }

  private void bend(Attempt attempt, GradientSource source, Active active) {
    try (Scope scope = Scope.open()) {
      NDArray x = active.originals();
      Shape shape = new Shape(active.size(), 2, x.getShape().get(2), x.getShape().get(3));
      active.put(scope, FLOW, x.getManager().zeros(shape));
    }
    AdamStep adam = AdamStep.of(rate);
    int t = 0;
    for (; t < steps && attempt.proceed(); t++) {
      attempt.dropPoor(active, 2);
      if (active.isEmpty()) {
        return;
      }
      boolean[] fell = step(attempt, source, active, adam, t);
      active.keep(IntStream.range(0, fell.length).filter(i -> !fell[i]).toArray());
    }
    if (t > 0 && !active.isEmpty()) {
      try (Scope scope = Scope.open()) {
        NDArray x = RecipePrograms.call("flowed", active.originals(), active.get(FLOW));
        attempt.claim(active, x, IntStream.range(0, active.size()).toArray());
      }
    }
  }

  private boolean[] step(
      Attempt attempt, GradientSource source, Active active, AdamStep adam, int t) {
    try (Scope scope = Scope.open()) {
      NDArray leaf;
      NDArray bent;
      NDArray variation;
      try (GradMode mode = GradMode.on()) {
        leaf = Grad.leaf(active.get(FLOW));
        bent = RecipePrograms.call("flowed", active.originals(), leaf);
        variation = RecipePrograms.call("variation", leaf);
      }
      NDArray x = Grad.detach(bent);
      Sight sight = source.look(active, x, scope, attempt.rng());
      Status status = Status.of(sight);
      attempt.stepped(active, t, status);
      attempt.run().listener().step(attempt.stage(), t + 1, steps, status.meanLoss());
      boolean[] fell =
          t == 0
              ? new boolean[active.size()]
              : attempt.claim(active, x, attempt.seemFallen(active, status));
      NDArray rough = Grad.detach(variation).onesLike();
      NDArray gradient =
          Grad.vjp(bent, leaf, sight.gradient()).sub(Grad.vjp(variation, leaf, rough).mul(tau));
      active.put(scope, FLOW, adam.free(active, active.get(FLOW), gradient, scope, t));
      return fell;
    }
  }
}
