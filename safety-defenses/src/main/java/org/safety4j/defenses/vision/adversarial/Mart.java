package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.attack.Ball;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.defenses.engine.train.InnerMaximisation;
import org.safety4j.defenses.engine.train.RobustLoss;
import org.safety4j.defenses.engine.train.RobustObjective;

/**
 * Trains a classifier on adversarial images with a margin, and asks for the same answers in the
 * ball the more, the less sure the model is of the clean image.
 *
 * <p><b>Source</b>: Y. Wang, D. Zou, J. Yi, J. Bailey, X. Ma and Q. Gu, "Improving Adversarial
 * Robustness Requires Revisiting Misclassified Examples", International Conference on Learning
 * Representations, 2020.
 *
 * @param inner ball, steps and start of the search for the highest cross-entropy
 * @param lambda weight of the divergence, at least 0; 5 by default
 */
public record Mart(InnerMaximisation inner, double lambda) implements AdversarialHardening {
  /**
   * Checks the range.
   *
   * @param inner ball, steps and start of the search for the highest cross-entropy
   * @param lambda weight of the divergence, at least 0; 5 by default
   */
  public Mart {
    Require.inRange("lambda", lambda, 0, Double.MAX_VALUE);
  }

  /**
   * Trains in an Linf ball: 10 steps of a quarter of epsilon from a start near the image, lambda 5.
   *
   * @param epsilon in (0, 1]
   * @return the defense
   */
  public static Mart linf(double epsilon) {
    return in(Ball.linf(epsilon));
  }

  /**
   * Trains in an L2 ball: 10 steps of a quarter of epsilon from a start near the image, lambda 5.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the defense
   */
  public static Mart l2(double epsilon) {
    return in(Ball.l2(epsilon));
  }

  private static Mart in(Ball ball) {
    return new Mart(new InnerMaximisation(ball, 10, 0.25, InnerMaximisation.Start.NEAR, false), 5);
  }

  /**
   * Changes the weight of the divergence.
   *
   * @param value at least 0
   * @return a copy
   */
  public Mart withLambda(double value) {
    return new Mart(inner, value);
  }

  /**
   * Changes the number of steps.
   *
   * @param steps at least 0
   * @return a copy
   */
  public Mart withSteps(int steps) {
    return new Mart(inner.withSteps(steps), lambda);
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.MART;
  }

  @Override
  public RobustLoss loss() {
    return RobustObjective.misclassificationAware(inner, lambda);
  }
}
