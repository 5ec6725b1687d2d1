package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
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
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * FAB: finds a small change by projecting the point and the original onto the linearised boundary
 * inside the box, with a bias towards the original, a step back after each success, and a search
 * along the last segment. With target classes it is FAB-T, which looks at one wrong class at a time
 * and so needs one gradient a step however many classes there are.
 *
 * <p><b>Source</b>: Croce, Hein: Minimally Distorted Adversarial Examples with a Fast Adaptive
 * Boundary Attack. ICML, 2020. <b>Deviations</b>: inside a ball a sample stops at its first image
 * within it; the final search is three bisections asked of the model.
 *
 * <p>Costs two queries a step.
 *
 * @param ball the ball within which an image counts; one that holds every image makes the distance
 *     as small as it can
 * @param steps steps of each restart, at least 0; 100 by default
 * @param restarts how often the search is begun, at least 1; 1 by default
 * @param targetClasses how many wrong classes are looked at one after another; 0 looks at all
 *     together
 */
public record Fab(Ball ball, int steps, int restarts, int targetClasses)
    implements EvasionAttack.White, Constrained<Fab> {
  private static final String X = "x";
  private static final int STEPS = 100;
  private static final int CLASSES = 9;
  private static final double ETA = 1.05;
  private static final double MOST_ALPHA = 0.1;
  private static final double BETA = 0.9;
  private static final int BISECTIONS = 3;

  /**
   * Checks the ranges.
   *
   * @param ball the ball within which an image counts; one that holds every image makes the
   *     distance as small as it can
   * @param steps steps of each restart, at least 0; 100 by default
   * @param restarts how often the search is begun, at least 1; 1 by default
   * @param targetClasses how many wrong classes are looked at one after another; 0 looks at all
   *     together
   */
  public Fab {
    Steps.requireNorm(ball, Norm.LINF, Norm.L2, Norm.L1);
    Require.atLeast("steps", steps, 0);
    Require.atLeast("restarts", restarts, 1);
    Require.atLeast("targetClasses", targetClasses, 0);
  }

  /**
   * Images within an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static Fab linf(double epsilon) {
    return new Fab(Ball.linf(epsilon), STEPS, 1, 0);
  }

  /**
   * Images within an L2 ball.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static Fab l2(double epsilon) {
    return new Fab(Ball.l2(epsilon), STEPS, 1, 0);
  }

  /**
   * Images within an L1 ball.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static Fab l1(double epsilon) {
    return new Fab(Ball.l1(epsilon), STEPS, 1, 0);
  }

  /**
   * The smallest distance that can be found.
   *
   * @param norm Linf, L2 or L1
   * @return the attack
   */
  public static Fab minimal(Norm norm) {
    return new Fab(QueryRecipes.everywhere(norm), STEPS, 1, 0);
  }

  /**
   * FAB-T on the nine likeliest wrong classes.
   *
   * @param ball the ball within which an image counts
   * @return the attack
   */
  public static Fab targeted(Ball ball) {
    return new Fab(ball, STEPS, 1, CLASSES);
  }

  @Override
  public Fab withBall(Ball value) {
    return new Fab(value, steps, restarts, targetClasses);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 0
   * @return a copy
   */
  public Fab withSteps(int value) {
    return new Fab(ball, value, restarts, targetClasses);
  }

  /**
   * Changes how often the search is begun.
   *
   * @param value at least 1
   * @return a copy
   */
  public Fab withRestarts(int value) {
    return new Fab(ball, steps, value, targetClasses);
  }

  /**
   * Changes how many classes are looked at one after another.
   *
   * @param value at least 0; 0 looks at all together
   * @return a copy
   */
  public Fab withTargetClasses(int value) {
    return new Fab(ball, steps, restarts, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.FAB;
  }

  private boolean minimises() {
    return QueryRecipes.isEverywhere(ball);
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt =
        Attempt.begin(info(), this, ball.norm(), model, input, Target.any(), run)) {
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
    if (steps == 0 || !attempt.proceed()) {
      return;
    }
    int rivals = targetClasses > 0 ? targetClasses : attempt.model().classes() - 1;
    int[][] ranks = Ranks.wrongClasses(attempt, part, rivals);
    int aims = targetClasses > 0 ? ranks.length : 1;
    for (int a = 0; a < aims; a++) {
      int[][] seen = targetClasses > 0 ? new int[][] {ranks[a]} : ranks;
      for (int r = 0; r < restarts && attempt.proceed(); r++) {
        int[] left = minimises() ? part : attempt.standingOf(part);
        if (left.length == 0) {
          return;
        }
        try (Active active = attempt.activate(left)) {
          search(attempt, active, seen, r, attempt.rng().derive("aim").derive(a).derive(r));
        }
      }
    }
    if (minimises()) {
      try (Active active = attempt.activate(part)) {
        searchSegment(attempt, active);
      }
    }
  }

  private void search(Attempt attempt, Active active, int[][] rivals, int restart, Rng rng) {
    try (Scope scope = Scope.open()) {
      NDArray x0 = active.originals();
      active.put(scope, X, restart == 0 ? Ops.copy(x0) : start(attempt, active, rng));
    }
    for (int t = 0; t < steps && attempt.proceed(); t++) {
      attempt.dropPoor(active, 2);
      if (active.isEmpty()) {
        return;
      }
      step(attempt, active, rivals, t);
      if (!minimises()) {
        int[] samples = active.samples();
        active.keep(
            IntStream.range(0, samples.length)
                .filter(i -> !attempt.hasFallen(samples[i]))
                .toArray());
      }
    }
  }

  /** A random point at most half as far away as the ball, or the best image so far, reaches. */
  private NDArray start(Attempt attempt, Active active, Rng rng) {
    NDArray x0 = active.originals();
    NDManager manager = x0.getManager();
    NDArray direction = rng.normal(manager, active.ids(), active.elementShape());
    float[] radius = new float[active.size()];
    for (int i = 0; i < radius.length; i++) {
      double best = attempt.bestDistance(active.samples()[i]);
      radius[i] = (float) (Math.min(Math.min(best, ball.epsilon()), 1) / 2);
    }
    NDArray length = ball.norm().of(direction);
    NDArray scale = manager.create(radius).div(length).reshape(-1, 1, 1, 1);
    return Ops.clamp(x0.add(direction.mul(scale)), 0, 1);
  }

  private void step(Attempt attempt, Active active, int[][] rivals, int t) {
    try (Scope scope = Scope.open();
        Linearized at = attempt.model().linearize(active.get(X))) {
      attempt.charge(active.samples(), 1);
      NDArray x = active.get(X);
      NDArray x0 = active.originals();
      NDList nearest = Boundaries.nearest(active, at, rivals, ball.norm());
      Status status = Status.of(new Sight(nearest.get(1), nearest.get(0).neg(), at.logits()));
      attempt.stepped(active, t, status);
      attempt.run().listener().step(attempt.stage(), t + 1, steps, status.meanLoss());
      NDArray next =
          RecipePrograms.call(
              "fab_step",
              x,
              x0,
              nearest.get(1),
              nearest.get(2),
              RecipePrograms.scalar(x, order(ball.norm())),
              RecipePrograms.scalar(x, ETA),
              RecipePrograms.scalar(x, MOST_ALPHA));
      boolean[] reached = attempt.claimNearer(active, next, distances(next, x0), ball.epsilon());
      float[] flags = new float[reached.length];
      for (int i = 0; i < flags.length; i++) {
        flags[i] = reached[i] ? 1 : 0;
      }
      NDArray back = RecipePrograms.scalar(x, BETA);
      active.put(
          scope, X, RecipePrograms.call("retreat", next, x0, x.getManager().create(flags), back));
    }
  }

  private double[] distances(NDArray x, NDArray x0) {
    float[] measured = ball.norm().of(x.sub(x0)).toFloatArray();
    double[] distances = new double[measured.length];
    Arrays.setAll(distances, i -> measured[i]);
    return distances;
  }

  /** 0 stands for Linf. */
  private static int order(Norm norm) {
    return norm == Norm.L1 ? 1 : norm == Norm.L2 ? 2 : 0;
  }

  /** Bisects between each original and its best image. */
  private void searchSegment(Attempt attempt, Active active) {
    int[] samples = active.samples();
    active.keep(
        IntStream.range(0, samples.length).filter(i -> attempt.hasFallen(samples[i])).toArray());
    double[] low = new double[attempt.size()];
    double[] high = new double[attempt.size()];
    Arrays.fill(high, 1);
    if (active.isEmpty()) {
      return;
    }
    try (Scope scope = Scope.open()) {
      active.put(scope, X, attempt.bestOf(active));
    }
    for (int b = 0; b < BISECTIONS && attempt.proceed(); b++) {
      attempt.dropPoor(active, 1);
      if (active.isEmpty()) {
        return;
      }
      try (Scope scope = Scope.open()) {
        NDArray x0 = active.originals();
        int[] left = active.samples();
        float[] share = new float[left.length];
        for (int i = 0; i < share.length; i++) {
          share[i] = (float) ((low[left[i]] + high[left[i]]) / 2);
        }
        NDArray scale = x0.getManager().create(share).reshape(-1, 1, 1, 1);
        NDArray mid = x0.add(active.get(X).sub(x0).mul(scale));
        boolean[] reached = attempt.claimNearer(active, mid, distances(mid, x0), ball.epsilon());
        for (int i = 0; i < left.length; i++) {
          if (reached[i]) {
            high[left[i]] = share[i];
          } else {
            low[left[i]] = share[i];
          }
        }
      }
    }
  }
}
