package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.query.Mutation;
import org.safety4j.attacks.engine.query.Outcomes;
import org.safety4j.attacks.engine.query.RandomSearch;
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

/**
 * Changes square windows at random and keeps what raises the margin loss, within an Linf or L2
 * ball. Needs scores.
 *
 * <p><b>Source</b>: Andriushchenko, Croce, Flammarion, Hein: Square Attack: a query-efficient
 * black-box adversarial attack via random search. ECCV, 2020.
 *
 * <p><b>Deviations</b>: a proposal that changes no pixel is drawn again and costs no query; the
 * schedule of square sizes is stretched over the queries that the budget allows.
 *
 * <pre>{@code
 * ImageClassifier.Gray remote = ImageClassifier.gray(10, batch -> client.scores(batch));
 * try (EvasionResult r = Square.linf(8 / 255.0).run(remote, images, Run.seed(0))) {
 *   log.info("{}", r);
 * }
 * }</pre>
 *
 * @param ball where the images stay, Linf or L2
 * @param share p, the share of an image's pixels in the first squares, in (0, 1]; 0.05 for Linf and
 *     0.1 for L2 by default
 * @param queries most queries for one image, at least 1; 10,000 by default
 */
public record Square(Ball ball, double share, int queries)
    implements EvasionAttack.Gray, Constrained<Square> {
  /**
   * Checks the ranges.
   *
   * @param ball where the images stay, Linf or L2
   * @param share p, the share of an image's pixels in the first squares, in (0, 1]; 0.05 for Linf
   *     and 0.1 for L2 by default
   * @param queries most queries for one image, at least 1; 10,000 by default
   */
  public Square {
    QueryRecipes.requireNorm(ball, Norm.LINF, Norm.L2);
    Require.that(share > 0 && share <= 1, "share must be in (0, 1], was " + share);
    Require.atLeast("queries", queries, 1);
  }

  /**
   * The attack in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack with the paper's settings
   */
  public static Square linf(double epsilon) {
    return new Square(Ball.linf(epsilon), 0.05, 10_000);
  }

  /**
   * The attack in an L2 ball.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the attack with the paper's settings
   */
  public static Square l2(double epsilon) {
    return new Square(Ball.l2(epsilon), 0.1, 10_000);
  }

  /**
   * Changes the share of pixels in the first squares.
   *
   * @param value in (0, 1]
   * @return a copy
   */
  public Square withShare(double value) {
    return new Square(ball, value, queries);
  }

  /**
   * Changes the limit of queries.
   *
   * @param value most queries for one image, at least 1
   * @return a copy
   */
  public Square withQueries(int value) {
    return new Square(ball, share, value);
  }

  @Override
  public Square withBall(Ball value) {
    return new Square(value, share, queries);
  }

  @Override
  public MethodInfo info() {
    return QueryMethods.SQUARE;
  }

  @Override
  public EvasionResult run(ImageClassifier.Gray model, LabeledImages images, Run run) {
    ScoreOracle oracle = QueryRecipes.scores(model, images, Margin.untargeted(), queries, run);
    Mutation.Factory squares =
        ball.norm() == Norm.L2
            ? canvas -> new SquareL2(canvas, ball.epsilon(), share)
            : canvas -> new SquareLinf(canvas, ball.epsilon(), share);
    Outcomes outcomes =
        RandomSearch.run(oracle, images, squares, QueryRecipes.rng(this, run), "square");
    return QueryRecipes.result(this, outcomes, ball.norm());
  }

  /** The share of pixels in a square after some queries: halved at fixed points of the budget. */
  static double shareAt(double initial, int step, long limit) {
    double part = 10_000.0 * step / Math.max(1, limit);
    int[] points = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};
    double share = initial;
    for (int point : points) {
      if (part > point) {
        share /= 2;
      }
    }
    return share;
  }
}
