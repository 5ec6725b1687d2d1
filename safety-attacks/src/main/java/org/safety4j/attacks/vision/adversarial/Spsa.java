package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import org.safety4j.attacks.engine.query.EstimatedAscent;
import org.safety4j.attacks.engine.query.GradientEstimator;
import org.safety4j.attacks.engine.query.Outcomes;
import org.safety4j.attacks.engine.query.ScoreOracle;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Margin;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;

/**
 * Adam along gradients of the margin that simultaneous perturbations by random signs estimate,
 * projected onto the ball. Works on models whose true gradient is masked. Needs scores.
 *
 * <p><b>Source</b>: Uesato, O'Donoghue, van den Oord, Kohli: Adversarial Risk and the Dangers of
 * Evaluating Against Weak Attacks. ICML, 2018.
 *
 * <p><b>Deviations</b>: 64 pairs an estimate by default, where the paper goes up to thousands; more
 * make it stronger. Points asked for an estimate are limited to the box [0, 1].
 *
 * @param ball where the images stay, Linf or L2
 * @param delta size of the perturbations, greater than 0; 0.01 by default
 * @param pairs pairs an estimate, at least 1; 64 by default
 * @param stepShare Adam's step as a share of epsilon, greater than 0; 0.3 by default, which is 0.01
 *     at epsilon 8/255
 * @param queries most queries for one image, at least 1; 12,900 by default, which is 100 steps
 */
public record Spsa(Ball ball, double delta, int pairs, double stepShare, int queries)
    implements EvasionAttack.Gray, Constrained<Spsa> {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double TINY = 1e-8;

  /**
   * Checks the ranges.
   *
   * @param ball where the images stay, Linf or L2
   * @param delta size of the perturbations, greater than 0; 0.01 by default
   * @param pairs pairs an estimate, at least 1; 64 by default
   * @param stepShare Adam's step as a share of epsilon, greater than 0; 0.3 by default, which is
   *     0.01 at epsilon 8/255
   * @param queries most queries for one image, at least 1; 12,900 by default, which is 100 steps
   */
  public Spsa {
    QueryRecipes.requireNorm(ball, Norm.LINF, Norm.L2);
    Require.positive("delta", delta);
    Require.atLeast("pairs", pairs, 1);
    Require.positive("stepShare", stepShare);
    Require.atLeast("queries", queries, 1);
  }

  /**
   * The attack in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack with default settings
   */
  public static Spsa linf(double epsilon) {
    return new Spsa(Ball.linf(epsilon), 0.01, 64, 0.3, 12_900);
  }

  /**
   * The attack in an L2 ball.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the attack with default settings
   */
  public static Spsa l2(double epsilon) {
    return linf(1).withBall(Ball.l2(epsilon));
  }

  /**
   * Changes the size of the perturbations.
   *
   * @param value greater than 0
   * @return a copy
   */
  public Spsa withDelta(double value) {
    return new Spsa(ball, value, pairs, stepShare, queries);
  }

  /**
   * Changes the number of pairs an estimate.
   *
   * @param value at least 1
   * @return a copy
   */
  public Spsa withPairs(int value) {
    return new Spsa(ball, delta, value, stepShare, queries);
  }

  /**
   * Changes Adam's step.
   *
   * @param value share of epsilon, greater than 0
   * @return a copy
   */
  public Spsa withStepShare(double value) {
    return new Spsa(ball, delta, pairs, value, queries);
  }

  /**
   * Changes the limit of queries.
   *
   * @param value most queries for one image, at least 1
   * @return a copy
   */
  public Spsa withQueries(int value) {
    return new Spsa(ball, delta, pairs, stepShare, value);
  }

  @Override
  public Spsa withBall(Ball value) {
    return new Spsa(value, delta, pairs, stepShare, queries);
  }

  @Override
  public MethodInfo info() {
    return QueryMethods.SPSA;
  }

  @Override
  public EvasionResult run(ImageClassifier.Gray model, LabeledImages images, Run run) {
    ScoreOracle oracle = QueryRecipes.scores(model, images, Margin.untargeted(), queries, run);
    Outcomes outcomes =
        EstimatedAscent.run(
            oracle,
            images,
            GradientEstimator.spsa(pairs, delta),
            Adam::new,
            ball.epsilon() == 0 ? 0 : queries,
            QueryRecipes.rng(this, run),
            "spsa");
    return QueryRecipes.result(this, outcomes, ball.norm());
  }

  /** Adam's update of every pixel value, then the projection. */
  private final class Adam implements EstimatedAscent.Rule {
    private final NDArray originals;
    private final NDArray mean;
    private final NDArray square;
    private int step;

    Adam(NDArray originals) {
      this.originals = originals;
      this.mean = originals.zerosLike();
      this.square = originals.zerosLike();
    }

    @Override
    public NDArray next(NDArray x, NDArray gradient) {
      step++;
      Ops.overwrite(mean, mean.mul(BETA1).add(gradient.mul(1 - BETA1)));
      Ops.overwrite(square, square.mul(BETA2).add(gradient.mul(gradient).mul(1 - BETA2)));
      NDArray m = mean.div(1 - Math.pow(BETA1, step));
      NDArray v = square.div(1 - Math.pow(BETA2, step));
      NDArray move = m.div(v.sqrt().add(TINY)).mul(ball.epsilon() * stepShare);
      return ball.project(x.add(move), originals);
    }
  }
}
