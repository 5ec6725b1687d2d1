package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.stream.IntStream;
import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.attacks.engine.perturb.Attempt;
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
import org.safety4j.core.model.Linearized;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * DeepFool: steps onto the nearest of the linearised class boundaries until the answer changes.
 *
 * <p><b>Source</b>: Moosavi-Dezfooli, Fawzi, Frossard: DeepFool: A Simple and Accurate Method to
 * Fool Deep Neural Networks. CVPR, 2016. <b>Deviations</b>: images are kept inside the box.
 *
 * <p>Costs one query a step: all boundaries are pulled back through one forward pass.
 *
 * @param norm L2 or Linf
 * @param steps most steps, at least 0; 50 by default
 * @param overshoot how far to go beyond the boundary, as a share of the way, at least 0; 0.02 by
 *     default
 * @param classes how many of the likeliest wrong classes are looked at, at least 1; 9 by default
 */
public record DeepFool(Norm norm, int steps, double overshoot, int classes)
    implements EvasionAttack.White {
  private static final String MOVED = "moved";
  private static final String X = "x";

  /**
   * Checks the ranges.
   *
   * @param norm L2 or Linf
   * @param steps most steps, at least 0; 50 by default
   * @param overshoot how far to go beyond the boundary, as a share of the way, at least 0; 0.02 by
   *     default
   * @param classes how many of the likeliest wrong classes are looked at, at least 1; 9 by default
   */
  public DeepFool {
    Require.that(norm == Norm.L2 || norm == Norm.LINF, "norm must be L2 or LINF, was " + norm);
    Require.atLeast("steps", steps, 0);
    Require.that(overshoot >= 0, "overshoot must be at least 0, was " + overshoot);
    Require.atLeast("classes", classes, 1);
  }

  /**
   * The paper's setting.
   *
   * @return at most 50 steps for a small L2 distance
   */
  public static DeepFool l2() {
    return new DeepFool(Norm.L2, 50, 0.02, 9);
  }

  /**
   * The paper's setting for another norm.
   *
   * @return at most 50 steps for a small Linf distance
   */
  public static DeepFool linf() {
    return new DeepFool(Norm.LINF, 50, 0.02, 9);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public DeepFool withSteps(int value) {
    return new DeepFool(norm, value, overshoot, classes);
  }

  /**
   * Changes the overshoot.
   *
   * @param value at least 0
   * @return a copy
   */
  public DeepFool withOvershoot(double value) {
    return new DeepFool(norm, steps, value, classes);
  }

  /**
   * Changes how many classes are looked at.
   *
   * @param value at least 1
   * @return a copy
   */
  public DeepFool withClasses(int value) {
    return new DeepFool(norm, steps, overshoot, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.DEEP_FOOL;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt = Attempt.begin(info(), this, norm, model, input, Target.any(), run)) {
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          try (Active active = attempt.activate(part)) {
            search(attempt, active);
          }
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      return attempt.result();
    }
  }

  private void search(Attempt attempt, Active active) {
    if (steps == 0 || !attempt.proceed()) {
      return;
    }
    int[][] rivals = Ranks.wrongClasses(attempt, active.samples(), classes);
    try (Scope scope = Scope.open()) {
      active.put(scope, MOVED, active.originals().zerosLike());
      active.put(scope, X, Ops.copy(active.originals()));
    }
    for (int t = 0; t < steps && attempt.proceed(); t++) {
      attempt.dropPoor(active, 2);
      if (active.isEmpty()) {
        return;
      }
      boolean[] fell = step(attempt, active, rivals, t);
      active.keep(IntStream.range(0, fell.length).filter(i -> !fell[i]).toArray());
    }
  }

  private boolean[] step(Attempt attempt, Active active, int[][] rivals, int t) {
    try (Scope scope = Scope.open();
        Linearized at = attempt.model().linearize(active.get(X))) {
      attempt.charge(active.samples(), 1);
      NDList nearest = Boundaries.nearest(active, at, rivals, norm);
      Status status = Status.of(new Sight(nearest.get(1), nearest.get(0).neg(), at.logits()));
      attempt.stepped(active, t, status);
      attempt.run().listener().step(attempt.stage(), t + 1, steps, status.meanLoss());
      NDArray way =
          RecipePrograms.call(
              norm == Norm.L2 ? "to_boundary_l2" : "to_boundary_linf",
              nearest.get(1),
              nearest.get(0));
      NDArray moved = active.get(MOVED).add(way);
      NDArray scale = RecipePrograms.scalar(moved, 1 + overshoot);
      NDArray x = RecipePrograms.call("boxed_sum", active.originals(), moved, scale);
      active.put(scope, MOVED, moved);
      active.put(scope, X, x);
      return attempt.claim(active, x, IntStream.range(0, active.size()).toArray());
    }
  }
}
