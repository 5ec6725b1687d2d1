package org.safety4j.attacks.engine.query;

import java.util.Arrays;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Walks along the decision boundary from labels alone: find any adversarial point, then move nearer
 * to the original and stay adversarial.
 */
public final class BoundaryWalk {
  /** Most samples that walk together. */
  private static final int GROUP = 64;

  private BoundaryWalk() {}

  /** How a group moves; one object serves one group. */
  @FunctionalInterface
  public interface Mover {
    /**
     * Takes one step with every row.
     *
     * @param group the group
     * @param rows the rows that still walk
     * @param step the step's number, from 1
     */
    void advance(BoundaryGroup group, int[] rows, int step);
  }

  /** Makes the mover of a group. */
  @FunctionalInterface
  public interface MoverFactory {
    /**
     * Makes it.
     *
     * @param group the group
     * @return its mover
     */
    Mover of(BoundaryGroup group);
  }

  /**
   * Walks until every sample is within epsilon, has taken its steps or has no query left.
   *
   * @param oracle the model and its ledger
   * @param input the originals; stay the caller's
   * @param norm the norm of the distance, L2 or Linf
   * @param epsilon the distance at which a sample has fallen and its walk ends; {@link
   *     Double#MAX_VALUE} if any adversarial image counts and the walk shall go on
   * @param attempts most images tried as a start, at least 1
   * @param movers makes the mover of each group
   * @param mostSteps most steps for a sample
   * @param rng the root of the walk's randomness
   * @param stage the name under which the run's listener hears of progress
   * @return what was achieved, to be closed by the caller
   */
  public static Outcomes run(
      LabelOracle oracle,
      LabeledImages input,
      Norm norm,
      double epsilon,
      int attempts,
      MoverFactory movers,
      int mostSteps,
      Rng rng,
      String stage) {
    Outcomes outcomes = Outcomes.begin(oracle, input);
    try {
      int[] pending = epsilon > 0 ? outcomes.pending() : new int[0];
      int size = Math.min(GROUP, Oracle.rows(Tensors.elementShape(input.images())));
      int without = 0;
      for (int from = 0; from < pending.length && oracle.ledger().isOpen(); from += size) {
        int[] samples = Arrays.copyOfRange(pending, from, Math.min(from + size, pending.length));
        try (Scope scope = Scope.open()) {
          BoundaryGroup group =
              new BoundaryGroup(oracle, outcomes, input, samples, norm, epsilon, rng);
          without += group.start(attempts);
          walk(group, movers.of(group), mostSteps, stage);
        }
      }
      if (without > 0) {
        outcomes.warn(
            "no adversarial image to start from was found for "
                + without
                + " of "
                + pending.length
                + " images; allow more attempts or queries");
      }
      return outcomes;
    } catch (RuntimeException e) {
      outcomes.close();
      throw e;
    }
  }

  private static void walk(BoundaryGroup group, Mover mover, int mostSteps, String stage) {
    for (int step = 1; step <= mostSteps; step++) {
      int[] rows = group.active();
      if (rows.length == 0) {
        return;
      }
      try (Scope scope = Scope.open()) {
        mover.advance(group, rows, step);
      }
      group.stepTaken(rows, step);
      group.oracle().run().listener().step(stage, step, mostSteps, group.meanBest(rows));
    }
  }
}
