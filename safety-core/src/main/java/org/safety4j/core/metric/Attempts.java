package org.safety4j.core.metric;

import org.safety4j.core.error.Require;

/**
 * Success when several attempts are allowed.
 *
 * <p><b>Source</b>: M. Chen et al., "Evaluating Large Language Models Trained on Code",
 * arXiv:2107.03374, 2021.
 */
public final class Attempts {
  private Attempts() {}

  /**
   * The unbiased estimate of the chance that at least one of k attempts succeeds (pass@k).
   *
   * @param attempts attempts made, at least 1
   * @param successes how many of them succeeded, in [0, attempts]
   * @param k attempts allowed, in [1, attempts]
   * @return the estimate, in [0, 1]
   * @throws IllegalArgumentException if a number is out of range
   */
  public static double passAtK(int attempts, int successes, int k) {
    Require.atLeast("attempts", attempts, 1);
    Require.that(
        successes >= 0 && successes <= attempts,
        "successes must be in [0, " + attempts + "], was " + successes);
    Require.that(k >= 1 && k <= attempts, "k must be in [1, " + attempts + "], was " + k);
    double allFail = 1;
    for (int i = 0; i < k; i++) {
      allFail *= Math.max(0, attempts - successes - i) / (double) (attempts - i);
    }
    return 1 - allFail;
  }

  /**
   * The chance that at least one of k independent attempts succeeds.
   *
   * @param probability the chance of one attempt, in [0, 1]
   * @param k how many attempts, at least 0
   * @return one minus the chance that all fail
   * @throws IllegalArgumentException if a number is out of range
   */
  public static double anyOf(double probability, int k) {
    Require.inRange("probability", probability, 0, 1);
    Require.atLeast("k", k, 0);
    return k == 0 ? 0 : -Math.expm1(k * Math.log1p(-probability));
  }
}
