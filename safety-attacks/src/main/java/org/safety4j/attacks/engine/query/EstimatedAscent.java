package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Ascends a loss along estimated gradients. A step costs a sample an estimate and one query for the
 * new image, which ends the search of that sample when it has fallen.
 */
public final class EstimatedAscent {
  /** Rows that fill a forward pass well; an estimate of so many is asked for one image alone. */
  private static final int FULL = 32;

  private EstimatedAscent() {}

  /** Turns an estimate into the next image; one object serves one group of images. */
  public interface Rule {
    /**
     * Takes a step.
     *
     * @param x the images, {@code [A, C, H, W]}
     * @param gradient the estimates, in the same shape; zero for images that are not under attack
     *     any more
     * @return the next images, in the box and in the attack's ball
     */
    NDArray next(NDArray x, NDArray gradient);

    /**
     * Hears how the last step came out.
     *
     * @param row the image's row
     * @param loss its loss
     */
    default void scored(int row, double loss) {}
  }

  /** Makes the rule of a group. */
  @FunctionalInterface
  public interface RuleFactory {
    /**
     * Makes it.
     *
     * @param originals the group's originals, {@code [A, C, H, W]}; live as long as the rule
     * @return the rule
     */
    Rule of(NDArray originals);
  }

  /**
   * Ascends until every sample has fallen, has taken its steps or has no query left.
   *
   * @param oracle the model, its loss and its ledger
   * @param input the originals; stay the caller's
   * @param estimator estimates gradients
   * @param rules makes the rule of each group
   * @param mostSteps most steps for a sample
   * @param rng the root of the estimates' randomness
   * @param stage the name under which the run's listener hears of progress
   * @return what was achieved, to be closed by the caller
   */
  public static Outcomes run(
      ScoreOracle oracle,
      LabeledImages input,
      GradientEstimator estimator,
      RuleFactory rules,
      int mostSteps,
      Rng rng,
      String stage) {
    Outcomes outcomes = Outcomes.begin(oracle, input);
    try {
      int rows = Math.min(FULL, Oracle.rows(Tensors.elementShape(input.images())));
      int group = Math.max(1, rows / (2 * estimator.pairs()));
      int[] pending = outcomes.pending();
      for (int from = 0; from < pending.length && oracle.ledger().isOpen(); from += group) {
        int[] samples = Arrays.copyOfRange(pending, from, Math.min(from + group, pending.length));
        try (Scope scope = Scope.open()) {
          ascend(oracle, input, samples, estimator, rules, mostSteps, rng, stage, outcomes);
        }
      }
      return outcomes;
    } catch (RuntimeException e) {
      outcomes.close();
      throw e;
    }
  }

  private static void ascend(
      ScoreOracle oracle,
      LabeledImages input,
      int[] samples,
      GradientEstimator estimator,
      RuleFactory rules,
      int mostSteps,
      Rng rng,
      String stage,
      Outcomes outcomes) {
    int[] ids = input.ids();
    NDArray originals = Ops.rows(input.images(), samples);
    NDArray x = Ops.copy(originals);
    Rule rule = rules.of(originals);
    double[] best = new double[samples.length];
    for (int i = 0; i < best.length; i++) {
      best[i] = outcomes.baseLoss(samples[i]);
    }
    for (int step = 0; step < mostSteps && oracle.ledger().isOpen(); step++) {
      int[] rows = new int[samples.length];
      int count = 0;
      for (int i = 0; i < samples.length; i++) {
        if (!outcomes.hasFallen(samples[i]) && oracle.ledger().left(samples[i]) >= 3) {
          rows[count++] = i;
        }
      }
      if (count == 0) {
        return;
      }
      rows = Arrays.copyOf(rows, count);
      int[] active = new int[count];
      Rng[] rngs = new Rng[count];
      for (int i = 0; i < count; i++) {
        active[i] = samples[rows[i]];
        rngs[i] = rng.derive(ids[active[i]]).derive(step);
      }
      try (Scope scope = Scope.open()) {
        NDArray where = Ops.index(x.getManager(), rows);
        NDArray estimate = estimator.estimate(oracle, Ops.rows(x, where), active, rngs);
        if (!oracle.ledger().isOpen()) {
          return;
        }
        Ops.overwrite(x, rule.next(x, Ops.putRows(x.zerosLike(), where, estimate)));
        NDArray asked = Ops.rows(x, where);
        Replies replies = oracle.ask(asked, active);
        int[] hits = new int[count];
        int fallen = 0;
        double sum = 0;
        for (int i = 0; i < replies.answered(); i++) {
          double loss = replies.loss(i);
          outcomes.stepsOf(active[i], step + 1);
          rule.scored(rows[i], loss);
          if (loss > best[rows[i]] || replies.reached(i)) {
            best[rows[i]] = Math.max(best[rows[i]], loss);
            outcomes.improved(active[i], best[rows[i]], step + 1);
          }
          if (replies.reached(i)) {
            hits[fallen++] = i;
          }
          sum += best[rows[i]];
        }
        keep(outcomes, asked, active, replies, Arrays.copyOf(hits, fallen));
        oracle
            .run()
            .listener()
            .step(stage, step + 1, mostSteps, sum / Math.max(1, replies.answered()));
      }
    }
  }

  private static void keep(
      Outcomes outcomes, NDArray asked, int[] active, Replies replies, int[] hits) {
    if (hits.length == 0) {
      return;
    }
    int[] samples = new int[hits.length];
    int[] answers = new int[hits.length];
    for (int i = 0; i < hits.length; i++) {
      samples[i] = active[hits[i]];
      answers[i] = replies.answer(hits[i]);
    }
    outcomes.fell(samples, Ops.rows(asked, hits), answers);
  }
}
