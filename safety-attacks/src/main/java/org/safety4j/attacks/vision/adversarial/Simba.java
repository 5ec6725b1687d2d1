package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.query.Outcomes;
import org.safety4j.attacks.engine.query.RandomSearch;
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

/**
 * Tries a step forth and back along one direction of an orthonormal basis after the other, and
 * keeps what lowers the label's probability. Needs scores.
 *
 * <p><b>Source</b>: Guo, Gardner, You, Wilson, Weinberger: Simple Black-box Adversarial Attacks.
 * ICML, 2019.
 *
 * <p><b>Deviations</b>: a direction that the box or the ball leaves no room for costs no query; DCT
 * directions start with the lowest eighth of the frequencies in random order, then the block's side
 * doubles until all are used. After t kept steps the image has moved by at most {@code sqrt(t) *
 * step} in L2; a ball can be set besides.
 *
 * @param basis the directions
 * @param step length of a step, greater than 0, in units of pixel values in [0, 1]; 0.2 by default
 * @param ball where the images stay, Linf or L2; everywhere by default
 * @param queries most queries for one image, at least 1; 10,000 by default
 */
public record Simba(Basis basis, double step, Ball ball, int queries)
    implements EvasionAttack.Gray, Constrained<Simba> {
  /** Orthonormal directions. */
  public enum Basis {
    /** One value of one pixel. */
    PIXEL,
    /** One frequency of one channel's discrete cosine transform. */
    DCT
  }

  /**
   * Checks the ranges.
   *
   * @param basis the directions
   * @param step length of a step, greater than 0, in units of pixel values in [0, 1]; 0.2 by
   *     default
   * @param ball where the images stay, Linf or L2; everywhere by default
   * @param queries most queries for one image, at least 1; 10,000 by default
   */
  public Simba {
    Require.positive("step", step);
    QueryRecipes.requireNorm(ball, Norm.L2, Norm.LINF);
    Require.atLeast("queries", queries, 1);
  }

  /**
   * Steps along single pixel values.
   *
   * @return the attack with the paper's settings
   */
  public static Simba pixel() {
    return new Simba(Basis.PIXEL, 0.2, QueryRecipes.everywhere(Norm.L2), 10_000);
  }

  /**
   * Steps along frequencies, low ones first.
   *
   * @return the attack with the paper's settings
   */
  public static Simba dct() {
    return new Simba(Basis.DCT, 0.2, QueryRecipes.everywhere(Norm.L2), 10_000);
  }

  /**
   * Changes the length of a step.
   *
   * @param value greater than 0
   * @return a copy
   */
  public Simba withStep(double value) {
    return new Simba(basis, value, ball, queries);
  }

  /**
   * Changes the limit of queries.
   *
   * @param value most queries for one image, at least 1
   * @return a copy
   */
  public Simba withQueries(int value) {
    return new Simba(basis, step, ball, value);
  }

  @Override
  public Simba withBall(Ball value) {
    return new Simba(basis, step, value, queries);
  }

  @Override
  public MethodInfo info() {
    return QueryMethods.SIMBA;
  }

  @Override
  public EvasionResult run(ImageClassifier.Gray model, LabeledImages images, Run run) {
    ScoreOracle oracle =
        QueryRecipes.scores(model, images, CrossEntropy.untargeted(), queries, run);
    Outcomes outcomes =
        RandomSearch.run(
            oracle,
            images,
            canvas -> new BasisSteps(canvas, basis, step, ball),
            QueryRecipes.rng(this, run),
            "simba");
    return QueryRecipes.result(this, outcomes, ball.norm());
  }
}
