package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.attack.Ball;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.defenses.engine.train.InnerMaximisation;
import org.safety4j.defenses.engine.train.RobustLoss;
import org.safety4j.defenses.engine.train.RobustObjective;

/**
 * Trains a classifier to be right on the training images and to answer the same in a ball around
 * them; one number trades the two.
 *
 * <p><b>Source</b>: H. Zhang, Y. Yu, J. Jiao, E. Xing, L. El Ghaoui and M. Jordan, "Theoretically
 * Principled Trade-off between Robustness and Accuracy", International Conference on Machine
 * Learning, 2019.
 *
 * @param inner ball, steps and start of the search for the highest divergence
 * @param beta weight of the divergence, at least 0; 6 by default, 1 and 6 in the paper; 0 is
 *     standard training
 */
public record Trades(InnerMaximisation inner, double beta) implements AdversarialHardening {
  /**
   * Checks the range.
   *
   * @param inner ball, steps and start of the search for the highest divergence
   * @param beta weight of the divergence, at least 0; 6 by default, 1 and 6 in the paper; 0 is
   *     standard training
   */
  public Trades {
    Require.inRange("beta", beta, 0, Double.MAX_VALUE);
  }

  /**
   * Trains in an Linf ball: 10 steps of a quarter of epsilon from a start near the image, beta 6.
   *
   * @param epsilon in (0, 1]
   * @return the defense
   */
  public static Trades linf(double epsilon) {
    return in(Ball.linf(epsilon));
  }

  /**
   * Trains in an L2 ball: 10 steps of a quarter of epsilon from a start near the image, beta 6.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the defense
   */
  public static Trades l2(double epsilon) {
    return in(Ball.l2(epsilon));
  }

  private static Trades in(Ball ball) {
    return new Trades(
        new InnerMaximisation(ball, 10, 0.25, InnerMaximisation.Start.NEAR, false), 6);
  }

  /**
   * Changes the weight of the divergence.
   *
   * @param value at least 0
   * @return a copy
   */
  public Trades withBeta(double value) {
    return new Trades(inner, value);
  }

  /**
   * Changes the number of steps.
   *
   * @param steps at least 0
   * @return a copy
   */
  public Trades withSteps(int steps) {
    return new Trades(inner.withSteps(steps), beta);
  }

  /**
   * Changes the length of a step.
   *
   * @param share share of epsilon, greater than 0; 0.25 by default
   * @return a copy
   */
  public Trades withStepShare(double share) {
    return new Trades(inner.withStepShare(share), beta);
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.TRADES;
  }

  @Override
  public RobustLoss loss() {
    return RobustObjective.divergence(inner, beta);
  }
}
