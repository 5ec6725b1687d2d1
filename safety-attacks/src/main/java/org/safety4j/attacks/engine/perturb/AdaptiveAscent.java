package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Ascent without a step size to choose: it begins with twice epsilon, moves with momentum, and at
 * checkpoints halves the step of a sample whose loss rose too seldom or whose best loss stands
 * still, which then goes on from its best point.
 */
public final class AdaptiveAscent {
  private static final String X = "x";
  private static final String BEFORE = "before";
  private static final String STEP = "step";
  private static final String GRADIENT = "gradient";
  private static final String BEST = "best";
  private static final String BEST_GRADIENT = "best-gradient";
  private static final String BEST_VALUE = "best-value";
  private static final double MOMENTUM = 0.75;
  private static final double FIRST_STEP = 2;

  private final Attempt attempt;
  private final GradientSource source;
  private final Ball ball;
  private final int steps;
  private final double rho;
  private final double[] last;
  private final double[] best;
  private final double[] bestAtCheck;
  private final boolean[] halvedAtCheck;
  private final int[] rises;

  /**
   * Prepares a search.
   *
   * @param attempt who counts and keeps
   * @param source the gradients
   * @param ball Linf or L2
   * @param steps number of steps, at least 0
   * @param rho the least share of steps in which the loss must rise, in (0, 1)
   */
  public AdaptiveAscent(Attempt attempt, GradientSource source, Ball ball, int steps, double rho) {
    Require.that(
        ball.norm() == Norm.LINF || ball.norm() == Norm.L2,
        "norm must be LINF or L2, was " + ball.norm());
    int n = attempt.size();
    this.attempt = attempt;
    this.source = source;
    this.ball = ball;
    this.steps = steps;
    this.rho = rho;
    this.last = new double[n];
    this.best = new double[n];
    this.bestAtCheck = new double[n];
    this.halvedAtCheck = new boolean[n];
    this.rises = new int[n];
  }

  /**
   * Searches for some samples from a random start; those that fall are kept by the attempt.
   *
   * @param active the samples; those that fall or cannot pay leave
   * @param rng the search's own randomness
   */
  public void search(Active active, Rng rng) {
    begin(active, rng.derive("start"));
    int[] checkpoints = Checkpoints.of(steps);
    int passed = 0;
    for (int t = 0; t <= steps && attempt.proceed(); t++) {
      attempt.dropPoor(active, source.cost() + 1);
      if (active.isEmpty()) {
        return;
      }
      if (t > 0) {
        move(active, t);
      }
      look(active, rng.derive("step").derive(t), t);
      if (active.isEmpty()) {
        return;
      }
      if (passed + 1 < checkpoints.length && checkpoints[passed + 1] == t) {
        adapt(active, t - checkpoints[passed]);
        passed++;
      }
    }
  }

  private void begin(Active active, Rng rng) {
    active.forgetAllBut();
    try (Scope scope = Scope.open()) {
      NDArray x = Start.RANDOM.of(active, ball, rng);
      active.put(scope, BEFORE, Ops.copy(x));
      active.put(scope, X, x);
      float[] step = new float[active.size()];
      Arrays.fill(step, (float) (FIRST_STEP * ball.epsilon()));
      NDManager manager = x.getManager();
      active.put(scope, STEP, manager.create(step, new Shape(step.length, 1, 1, 1)));
    }
    for (int sample : active.samples()) {
      best[sample] = Double.NEGATIVE_INFINITY;
      halvedAtCheck[sample] = true;
      rises[sample] = 0;
    }
  }

  private void move(Active active, int t) {
    try (Scope scope = Scope.open()) {
      NDArray x = active.get(X);
      NDArray before = active.get(BEFORE);
      NDArray gradient = active.get(GRADIENT);
      NDArray a = Programs.scalar(x, t == 1 ? 1 : MOMENTUM);
      NDArray next;
      if (ball.norm() == Norm.LINF) {
        NDArray radius = Programs.scalar(x, ball.epsilon());
        next =
            Programs.call(
                "adaptive_linf",
                x,
                before,
                gradient,
                active.originals(),
                active.get(STEP),
                radius,
                a);
      } else {
        NDArray z =
            ball.project(
                Programs.call("l2_step", x, gradient, active.get(STEP)), active.originals());
        next = ball.project(Programs.call("blend", x, before, z, a), active.originals());
      }
      active.put(scope, BEFORE, Ops.copy(x));
      active.put(scope, X, next);
    }
  }

  private void look(Active active, Rng rng, int t) {
    boolean[] fell;
    try (Scope scope = Scope.open()) {
      NDArray x = active.get(X);
      Sight sight = source.look(active, x, scope, rng);
      Status status = Status.of(sight);
      note(active, status, t);
      NDArray gradient =
          status.anyBad() ? Programs.call("finite", sight.gradient()) : sight.gradient();
      if (t == 0) {
        active.put(scope, BEST, Ops.copy(x));
        active.put(scope, BEST_GRADIENT, Ops.copy(gradient));
        active.put(scope, BEST_VALUE, Ops.copy(sight.values()));
      } else {
        NDList kept =
            Programs.all(
                "keep_best",
                x,
                gradient,
                sight.values(),
                active.get(BEST),
                active.get(BEST_GRADIENT),
                active.get(BEST_VALUE));
        active.put(scope, BEST, kept.get(0));
        active.put(scope, BEST_GRADIENT, kept.get(1));
        active.put(scope, BEST_VALUE, kept.get(2));
      }
      active.put(scope, GRADIENT, gradient);
      int[] seem = attempt.seemFallen(active, status);
      fell = seem.length == 0 ? new boolean[active.size()] : attempt.claim(active, x, seem);
    }
    active.keep(IntStream.range(0, fell.length).filter(i -> !fell[i]).toArray());
  }

  private void note(Active active, Status status, int t) {
    int[] samples = active.samples();
    if (t == 0) {
      attempt.saw(active, 0, status);
    } else {
      attempt.stepped(active, t, status);
    }
    attempt.run().listener().step(attempt.stage(), t, steps, status.meanLoss());
    for (int i = 0; i < samples.length; i++) {
      int s = samples[i];
      double loss = status.loss(i);
      if (t > 0 && loss > last[s]) {
        rises[s]++;
      }
      last[s] = loss;
      best[s] = Math.max(best[s], loss);
      if (t == 0) {
        bestAtCheck[s] = loss;
      }
    }
  }

  private void adapt(Active active, int interval) {
    int[] samples = active.samples();
    float[] chosen = new float[samples.length];
    boolean any = false;
    for (int i = 0; i < samples.length; i++) {
      int s = samples[i];
      boolean seldom = rises[s] < rho * interval;
      boolean still = !halvedAtCheck[s] && bestAtCheck[s] >= best[s];
      chosen[i] = seldom || still ? 1 : 0;
      any |= chosen[i] == 1;
      halvedAtCheck[s] = chosen[i] == 1;
      bestAtCheck[s] = best[s];
      rises[s] = 0;
    }
    if (!any) {
      return;
    }
    try (Scope scope = Scope.open()) {
      NDArray x = active.get(X);
      NDList back =
          Programs.all(
              "back_to_best",
              x,
              active.get(GRADIENT),
              active.get(STEP),
              active.get(BEST),
              active.get(BEST_GRADIENT),
              x.getManager().create(chosen));
      active.put(scope, X, back.get(0));
      active.put(scope, GRADIENT, back.get(1));
      active.put(scope, STEP, back.get(2));
    }
  }
}
