package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.safety4j.attacks.engine.query.EstimatedAscent;
import org.safety4j.attacks.engine.query.GradientEstimator;
import org.safety4j.attacks.engine.query.Outcomes;
import org.safety4j.attacks.engine.query.ScoreOracle;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;

/**
 * Projected gradient steps with momentum along gradients that antithetic Gaussian differences of
 * the scores estimate. Needs scores.
 *
 * <p><b>Source</b>: Ilyas, Engstrom, Athalye, Lin: Black-box Adversarial Attacks with Limited
 * Queries and Information. ICML, 2018.
 *
 * <p><b>Deviations</b>: untargeted, it ascends the cross-entropy of the label; points asked for an
 * estimate are limited to the box [0, 1]. The step is halved whenever the loss has fallen over five
 * steps, down to a 200th.
 *
 * @param ball where the images stay, Linf or L2
 * @param sigma standard deviation of the differences, greater than 0; 0.001 by default
 * @param pairs antithetic pairs an estimate, at least 1; 25 by default
 * @param stepShare first step as a share of epsilon, greater than 0; 0.2 by default
 * @param momentum share of the last direction in the next, in [0, 1); 0.9 by default
 * @param queries most queries for one image, at least 1; 10,000 by default
 */
public record Nes(
    Ball ball, double sigma, int pairs, double stepShare, double momentum, int queries)
    implements EvasionAttack.Gray, Constrained<Nes> {
  /**
   * Checks the ranges.
   *
   * @param ball where the images stay, Linf or L2
   * @param sigma standard deviation of the differences, greater than 0; 0.001 by default
   * @param pairs antithetic pairs an estimate, at least 1; 25 by default
   * @param stepShare first step as a share of epsilon, greater than 0; 0.2 by default
   * @param momentum share of the last direction in the next, in [0, 1); 0.9 by default
   * @param queries most queries for one image, at least 1; 10,000 by default
   */
  public Nes {
    QueryRecipes.requireNorm(ball, Norm.LINF, Norm.L2);
    Require.positive("sigma", sigma);
    Require.atLeast("pairs", pairs, 1);
    Require.positive("stepShare", stepShare);
    Require.that(momentum >= 0 && momentum < 1, "momentum must be in [0, 1), was " + momentum);
    Require.atLeast("queries", queries, 1);
  }

  /**
   * The attack in an Linf ball.
   *
   * @param epsilon in (0, 1]; 0.05 in the paper
   * @return the attack with the paper's settings
   */
  public static Nes linf(double epsilon) {
    return new Nes(Ball.linf(epsilon), 0.001, 25, 0.2, 0.9, 10_000);
  }

  /**
   * The attack in an L2 ball.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the attack with the paper's settings
   */
  public static Nes l2(double epsilon) {
    return linf(1).withBall(Ball.l2(epsilon));
  }

  /**
   * Changes the standard deviation of the differences.
   *
   * @param value greater than 0
   * @return a copy
   */
  public Nes withSigma(double value) {
    return new Nes(ball, value, pairs, stepShare, momentum, queries);
  }

  /**
   * Changes the number of pairs an estimate.
   *
   * @param value at least 1
   * @return a copy
   */
  public Nes withPairs(int value) {
    return new Nes(ball, sigma, value, stepShare, momentum, queries);
  }

  /**
   * Changes the first step.
   *
   * @param value share of epsilon, greater than 0
   * @return a copy
   */
  public Nes withStepShare(double value) {
    return new Nes(ball, sigma, pairs, value, momentum, queries);
  }

  /**
   * Changes the momentum.
   *
   * @param value in [0, 1)
   * @return a copy
   */
  public Nes withMomentum(double value) {
    return new Nes(ball, sigma, pairs, stepShare, value, queries);
  }

  /**
   * Changes the limit of queries.
   *
   * @param value most queries for one image, at least 1
   * @return a copy
   */
  public Nes withQueries(int value) {
    return new Nes(ball, sigma, pairs, stepShare, momentum, value);
  }

  @Override
  public Nes withBall(Ball value) {
    return new Nes(value, sigma, pairs, stepShare, momentum, queries);
  }

  @Override
  public MethodInfo info() {
    return QueryMethods.NES;
  }

  @Override
  public EvasionResult run(ImageClassifier.Gray model, LabeledImages images, Run run) {
    ScoreOracle oracle =
        QueryRecipes.scores(model, images, CrossEntropy.untargeted(), queries, run);
    Outcomes outcomes =
        EstimatedAscent.run(
            oracle,
            images,
            GradientEstimator.nes(pairs, sigma),
            Momentum::new,
            ball.epsilon() == 0 ? 0 : queries,
            QueryRecipes.rng(this, run),
            "nes");
    return QueryRecipes.result(this, outcomes, ball.norm());
  }

  /** Steepest steps along an average of estimates; a step that has overshot is halved. */
  private final class Momentum implements EstimatedAscent.Rule {
    private static final int PLATEAU = 5;
    private static final double SMALLEST = 1 / 200.0;
    private final NDArray originals;
    private final NDArray average;
    private final float[] steps;
    private final List<Deque<Double>> recent = new ArrayList<>();

    Momentum(NDArray originals) {
      this.originals = originals;
      this.average = originals.zerosLike();
      this.steps = new float[(int) originals.getShape().get(0)];
      Arrays.fill(steps, (float) (ball.epsilon() * stepShare));
      for (int i = 0; i < steps.length; i++) {
        recent.add(new ArrayDeque<>());
      }
    }

    @Override
    public NDArray next(NDArray x, NDArray gradient) {
      Ops.overwrite(average, average.mul(momentum).add(gradient.mul(1 - momentum)));
      NDArray direction =
          ball.norm() == Norm.LINF ? average.sign() : QueryRecipes.unitLength(average);
      NDArray length = x.getManager().create(steps, new Shape(steps.length, 1, 1, 1));
      return ball.project(x.add(direction.mul(length)), originals);
    }

    @Override
    public void scored(int row, double loss) {
      Deque<Double> losses = recent.get(row);
      losses.addLast(loss);
      if (losses.size() == PLATEAU) {
        if (losses.getLast() < losses.getFirst()) {
          double least = ball.epsilon() * stepShare * SMALLEST;
          steps[row] = (float) Math.max(steps[row] / 2, least);
          losses.clear();
        } else {
          losses.removeFirst();
        }
      }
    }
  }
}
