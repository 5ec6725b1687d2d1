package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.attack.Ball;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.defenses.engine.train.InnerMaximisation;
import org.safety4j.defenses.engine.train.RobustLoss;
import org.safety4j.defenses.engine.train.RobustObjective;

/**
 * Trains a classifier on the worst images that PGD finds around the training images.
 *
 * <pre>{@code
 * try (Protected<ImageClassifier.White> robust =
 *     PgdAdversarialTraining.linf(0.1).apply(recipe, train, Run.seed(0))) {
 *   robust.model();
 * }
 * }</pre>
 *
 * <p><b>Source</b>: A. Madry, A. Makelov, L. Schmidt, D. Tsipras and A. Vladu, "Towards Deep
 * Learning Models Resistant to Adversarial Attacks", International Conference on Learning
 * Representations, 2018.
 *
 * <p><b>Deviations</b>: the search runs in evaluation mode unless {@link #inTrainingMode()} is set.
 *
 * @param inner ball, steps and start of the search
 */
public record PgdAdversarialTraining(InnerMaximisation inner) implements AdversarialHardening {
  /**
   * Trains in an Linf ball: 10 steps of a quarter of epsilon from a uniform start.
   *
   * @param epsilon in (0, 1]
   * @return the defense
   */
  public static PgdAdversarialTraining linf(double epsilon) {
    return in(Ball.linf(epsilon));
  }

  /**
   * Trains in an L2 ball: 10 steps of a quarter of epsilon from a uniform start.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the defense
   */
  public static PgdAdversarialTraining l2(double epsilon) {
    return in(Ball.l2(epsilon));
  }

  private static PgdAdversarialTraining in(Ball ball) {
    return new PgdAdversarialTraining(
        new InnerMaximisation(ball, 10, 0.25, InnerMaximisation.Start.UNIFORM, false));
  }

  /**
   * Changes the number of steps.
   *
   * @param steps at least 0; steps of 2.5 epsilon in all are usual
   * @return a copy
   */
  public PgdAdversarialTraining withSteps(int steps) {
    return new PgdAdversarialTraining(inner.withSteps(steps));
  }

  /**
   * Changes the length of a step.
   *
   * @param share share of epsilon, greater than 0; 0.25 by default
   * @return a copy
   */
  public PgdAdversarialTraining withStepShare(double share) {
    return new PgdAdversarialTraining(inner.withStepShare(share));
  }

  /**
   * Lets the model run in training mode during the search.
   *
   * @return a copy
   */
  public PgdAdversarialTraining inTrainingMode() {
    return new PgdAdversarialTraining(inner.inTrainingMode());
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.PGD_AT;
  }

  @Override
  public RobustLoss loss() {
    return RobustObjective.adversarial(inner);
  }
}
