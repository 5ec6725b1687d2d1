package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.stream.IntStream;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Projections;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/** The loop of {@link Perturb} over one working set after another. */
final class Search {
  private static final String X = "x";
  private static final String MASK = "mask";
  private static final String BEST = "best";
  private static final String BEST_VALUE = "best-value";

  private final Attempt attempt;
  private final GradientSource source;
  private final Ball ball;
  private final NDArray mask;
  private final StepRule rule;
  private final int steps;
  private final Start start;
  private final int restarts;
  private final Finish finish;

  Search(
      Attempt attempt,
      GradientSource source,
      Ball ball,
      NDArray mask,
      StepRule rule,
      int steps,
      Start start,
      int restarts,
      Finish finish) {
    this.attempt = attempt;
    this.source = source;
    this.ball = ball;
    this.mask = mask;
    this.rule = rule;
    this.steps = steps;
    this.start = start;
    this.restarts = restarts;
    this.finish = finish;
  }

  void attack(int[] part) {
    int[] left = part;
    if (finish == Finish.FIRST_SUCCESS) {
      for (int r = 0; r < restarts && left.length > 0 && attempt.proceed(); r++) {
        try (Active active = open(left)) {
          ascend(active, r);
          end(active, all(active));
        }
        left = attempt.standingOf(part);
      }
      return;
    }
    try (Active active = open(part)) {
      for (int r = 0; r < restarts && !active.isEmpty() && attempt.proceed(); r++) {
        active.forgetAllBut(MASK, BEST, BEST_VALUE);
        ascend(active, r);
        if (finish == Finish.HIGHEST_LOSS) {
          lookOnceMore(active, r);
        }
      }
      end(active, all(active));
    }
  }

  private Active open(int[] samples) {
    Active active = attempt.activate(samples);
    if (mask != null) {
      try (Scope scope = Scope.open()) {
        boolean own = mask.getShape().get(0) > 1;
        active.put(scope, MASK, own ? Ops.rows(mask, samples) : spread(mask, samples.length));
      }
    }
    return active;
  }

  private static NDArray spread(NDArray mask, int n) {
    return Ops.rows(mask, new int[n]);
  }

  private static int[] all(Active active) {
    return IntStream.range(0, active.size()).toArray();
  }

  private void ascend(Active active, int restart) {
    Rng rng = attempt.rng().derive("restart").derive(restart);
    try (Scope scope = Scope.open()) {
      NDArray x = start.of(active, ball, rng.derive("start"));
      active.put(scope, X, masked(active, x));
    }
    for (int t = 0; t < steps && !active.isEmpty() && attempt.proceed(); t++) {
      letThePoorLeave(active);
      if (active.isEmpty()) {
        return;
      }
      boolean[] fell = step(active, rng.derive("step").derive(t), t);
      active.keep(IntStream.range(0, fell.length).filter(i -> !fell[i]).toArray());
    }
  }

  /** One step takes what the source costs, and the last image one query more. */
  private void letThePoorLeave(Active active) {
    int[] samples = active.samples();
    int needed = source.cost() + 1;
    int[] poor =
        IntStream.range(0, samples.length)
            .filter(i -> !attempt.affords(samples[i], needed))
            .toArray();
    if (poor.length > 0) {
      end(active, poor);
      attempt.dropPoor(active, needed);
    }
  }

  private boolean[] step(Active active, Rng rng, int t) {
    try (Scope scope = Scope.open()) {
      NDArray x = active.get(X);
      Sight sight = source.look(active, x, scope, rng);
      Status status = Status.of(sight);
      attempt.stepped(active, t, status);
      attempt.run().listener().step(attempt.stage(), t + 1, steps, status.meanLoss());
      boolean atOriginal = t == 0 && start == Start.ORIGINAL;
      boolean[] fell = new boolean[active.size()];
      if (finish == Finish.FIRST_SUCCESS && sight.logits() != null && !atOriginal) {
        int[] seem = attempt.seemFallen(active, status);
        fell = seem.length == 0 ? fell : attempt.claim(active, x, seem);
      }
      if (finish == Finish.HIGHEST_LOSS) {
        keepBetter(active, scope, x, sight.values());
      }
      NDArray gradient =
          status.anyBad() ? Programs.call("finite", sight.gradient()) : sight.gradient();
      if (active.has(MASK)) {
        gradient = gradient.mul(active.get(MASK));
      }
      NDArray next = rule.step(active, ball, x, gradient, scope, t);
      active.put(scope, X, masked(active, next));
      return fell;
    }
  }

  private NDArray masked(Active active, NDArray x) {
    return active.has(MASK) ? Projections.masked(x, active.originals(), active.get(MASK)) : x;
  }

  private static void keepBetter(Active active, Scope scope, NDArray x, NDArray values) {
    if (!active.has(BEST)) {
      active.put(scope, BEST, Ops.copy(x));
      active.put(scope, BEST_VALUE, Ops.copy(values));
      return;
    }
    NDList kept = Programs.all("keep_better", active.get(BEST), x, active.get(BEST_VALUE), values);
    active.put(scope, BEST, kept.get(0));
    active.put(scope, BEST_VALUE, kept.get(1));
  }

  /** The loss of the image after the last step has not been seen yet. */
  private void lookOnceMore(Active active, int restart) {
    letThePoorLeave(active);
    if (active.isEmpty() || !attempt.proceed()) {
      return;
    }
    try (Scope scope = Scope.open()) {
      NDArray x = active.get(X);
      Rng rng = attempt.rng().derive("last").derive(restart);
      keepBetter(active, scope, x, source.look(active, x, scope, rng).values());
    }
  }

  /** Settles rows that go no further; an image that was never moved needs no question. */
  private void end(Active active, int[] rows) {
    if (rows.length == 0 || !active.has(X) || (steps == 0 && start == Start.ORIGINAL)) {
      return;
    }
    switch (finish) {
      case FIRST_SUCCESS -> attempt.claim(active, active.get(X), rows);
      case LAST_IMAGE -> attempt.conclude(active, active.get(X), rows);
      case HIGHEST_LOSS -> attempt.conclude(active, active.get(active.has(BEST) ? BEST : X), rows);
    }
  }
}
