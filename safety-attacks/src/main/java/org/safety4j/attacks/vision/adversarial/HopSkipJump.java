package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import org.safety4j.attacks.engine.query.BoundaryGroup;
import org.safety4j.attacks.engine.query.BoundaryWalk;
import org.safety4j.attacks.engine.query.LabelOracle;
import org.safety4j.attacks.engine.query.Noise;
import org.safety4j.attacks.engine.query.Outcomes;
import org.safety4j.attacks.engine.query.SignEstimator;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * Walks along the decision boundary towards the original: estimate the boundary's normal from
 * labels, take a step along it, return to the boundary by bisection. Needs labels only.
 *
 * <p>Without a ball the attack makes the distance as small as its queries allow, and every image
 * that it finds an adversarial one for counts as success; with a ball it ends as soon as the image
 * is within it. The result's traces tell the distance after any number of queries.
 *
 * <p><b>Source</b>: Chen, Jordan, Wainwright: HopSkipJumpAttack: A Query-Efficient Decision-Based
 * Attack. IEEE S&amp;P, 2020.
 *
 * <p><b>Deviations</b>: the probe's size is kept above what float32 pixels can resolve; the search
 * for a step's size ends after 30 halvings; starts other than uniform noise are tried where noise
 * is not adversarial. An image that has fewer queries left than a step needs keeps its best.
 *
 * @param ball where an image has fallen, L2 or Linf; everywhere by default
 * @param firstDirections B0, directions of the first estimate, at least 1; 100 by default; later
 *     ones take {@code B0 * sqrt(step)}
 * @param mostDirections most directions of an estimate, at least 1; 10,000 by default
 * @param attempts most images tried as a start, at least 1; 50 by default
 * @param queries most queries for one image, at least 1; 25,000 by default
 */
public record HopSkipJump(
    Ball ball, int firstDirections, int mostDirections, int attempts, int queries)
    implements EvasionAttack.Black, Constrained<HopSkipJump> {
  private static final int HALVINGS = 30;

  /**
   * Checks the ranges.
   *
   * @param ball where an image has fallen, L2 or Linf; everywhere by default
   * @param firstDirections B0, directions of the first estimate, at least 1; 100 by default; later
   *     ones take {@code B0 * sqrt(step)}
   * @param mostDirections most directions of an estimate, at least 1; 10,000 by default
   * @param attempts most images tried as a start, at least 1; 50 by default
   * @param queries most queries for one image, at least 1; 25,000 by default
   */
  public HopSkipJump {
    QueryRecipes.requireNorm(ball, Norm.L2, Norm.LINF);
    Require.atLeast("firstDirections", firstDirections, 1);
    Require.atLeast("mostDirections", mostDirections, 1);
    Require.atLeast("attempts", attempts, 1);
    Require.atLeast("queries", queries, 1);
  }

  /**
   * Makes the L2 distance as small as possible.
   *
   * @return the attack with the paper's settings
   */
  public static HopSkipJump l2() {
    return new HopSkipJump(QueryRecipes.everywhere(Norm.L2), 100, 10_000, 50, 25_000);
  }

  /**
   * Ends within an L2 ball.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the attack with the paper's settings
   */
  public static HopSkipJump l2(double epsilon) {
    return l2().withBall(Ball.l2(epsilon));
  }

  /**
   * Makes the Linf distance as small as possible.
   *
   * @return the attack with the paper's settings
   */
  public static HopSkipJump linf() {
    return l2().withBall(QueryRecipes.everywhere(Norm.LINF));
  }

  /**
   * Ends within an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack with the paper's settings
   */
  public static HopSkipJump linf(double epsilon) {
    return l2().withBall(Ball.linf(epsilon));
  }

  /**
   * Changes the number of directions.
   *
   * @param first of the first estimate, at least 1
   * @param most of any estimate, at least 1
   * @return a copy
   */
  public HopSkipJump withDirections(int first, int most) {
    return new HopSkipJump(ball, first, most, attempts, queries);
  }

  /**
   * Changes how many starts are tried.
   *
   * @param value at least 1
   * @return a copy
   */
  public HopSkipJump withAttempts(int value) {
    return new HopSkipJump(ball, firstDirections, mostDirections, value, queries);
  }

  /**
   * Changes the limit of queries.
   *
   * @param value most queries for one image, at least 1
   * @return a copy
   */
  public HopSkipJump withQueries(int value) {
    return new HopSkipJump(ball, firstDirections, mostDirections, attempts, value);
  }

  @Override
  public HopSkipJump withBall(Ball value) {
    return new HopSkipJump(value, firstDirections, mostDirections, attempts, queries);
  }

  @Override
  public MethodInfo info() {
    return QueryMethods.HOP_SKIP_JUMP;
  }

  @Override
  public EvasionResult run(ImageClassifier.Black model, LabeledImages images, Run run) {
    LabelOracle oracle = QueryRecipes.labels(model, images, queries, run);
    Outcomes outcomes =
        BoundaryWalk.run(
            oracle,
            images,
            ball.norm(),
            QueryRecipes.goal(ball),
            attempts,
            Jumper::new,
            queries,
            QueryRecipes.rng(this, run),
            "hopskipjump");
    return QueryRecipes.result(this, outcomes, ball.norm());
  }

  /** One estimate, one jump and one bisection a step. */
  private final class Jumper implements BoundaryWalk.Mover {
    /** Size of the first probe, in pixel values. */
    private static final double FIRST_PROBE = 0.1;

    /** Smallest change of a pixel value that a probe relies on. */
    private static final double FINEST = 0x1p-20;

    private final boolean linf = ball.norm() == Norm.LINF;
    private final SignEstimator estimator = new SignEstimator(linf ? Noise.CUBE : Noise.SPHERE);
    private final double size;
    private final double tolerance;
    private final int reserve;

    Jumper(BoundaryGroup group) {
      this.size = group.element().size();
      this.tolerance = linf ? 1 / (size * size) : 1 / (size * Math.sqrt(size));
      this.reserve = 2 + (int) Math.ceil(Math.min(23, -Math.log(tolerance) / Math.log(2)));
    }

    @Override
    public void advance(BoundaryGroup group, int[] all, int step) {
      if (step == 1) {
        group.bisect(all, tolerance, 0);
      }
      int[] rows = ableRows(group, all);
      if (rows.length == 0) {
        return;
      }
      group.bisect(jumped(group, rows, step), tolerance, step);
    }

    /** Estimates the normals and jumps along them; returns the rows that have jumped. */
    private int[] jumped(BoundaryGroup group, int[] rows, int step) {
      int wanted = (int) Math.min(mostDirections, firstDirections * Math.sqrt(step));
      int[] counts = new int[rows.length];
      double[] delta = new double[rows.length];
      double[] length = new double[rows.length];
      for (int i = 0; i < rows.length; i++) {
        counts[i] = (int) Math.min(wanted, group.left(rows[i]) - reserve);
        double distance = group.distance(rows[i]);
        delta[i] = step == 1 ? FIRST_PROBE : Math.max(distance / size, Math.sqrt(size) * FINEST);
        length[i] = distance / Math.sqrt(step);
      }
      try (Scope scope = Scope.open()) {
        NDArray points = group.points(rows);
        NDArray normal =
            estimator.estimate(
                group.oracle(),
                points,
                group.samples(rows),
                group.rngs(rows, "directions", step),
                delta,
                counts);
        NDArray direction = linf ? normal.sign() : QueryRecipes.unitLength(normal);
        return jump(group, rows, points, direction, length, step);
      }
    }

    /** Rows with enough queries for a step; the others end their walk. */
    private int[] ableRows(BoundaryGroup group, int[] all) {
      int[] rows = new int[all.length];
      int count = 0;
      for (int row : all) {
        if (group.left(row) > reserve) {
          rows[count++] = row;
        } else {
          group.retire(row);
        }
      }
      return Arrays.copyOf(rows, count);
    }

    /** Steps along the directions, each halved until it ends on the adversarial side. */
    private int[] jump(
        BoundaryGroup group,
        int[] rows,
        NDArray points,
        NDArray direction,
        double[] length,
        int step) {
      int[] jumped = new int[rows.length];
      int count = 0;
      int[] open = new int[rows.length];
      Arrays.setAll(open, i -> i);
      for (int halving = 0; halving < HALVINGS && open.length > 0; halving++) {
        try (Scope scope = Scope.open()) {
          int[] openRows = new int[open.length];
          double[] openLength = new double[open.length];
          for (int i = 0; i < open.length; i++) {
            openRows[i] = rows[open[i]];
            openLength[i] = length[open[i]];
          }
          NDArray move = Ops.rows(direction, open).mul(group.perRow(openLength));
          NDArray candidates = Ops.clamp(Ops.rows(points, open).add(move), 0, 1);
          boolean[] hit = group.move(openRows, candidates, step);
          int[] still = new int[open.length];
          int left = 0;
          for (int i = 0; i < open.length; i++) {
            if (hit[i]) {
              jumped[count++] = openRows[i];
            } else if (group.left(openRows[i]) > 0) {
              length[open[i]] /= 2;
              still[left++] = open[i];
            }
          }
          open = Arrays.copyOf(still, left);
        }
      }
      return Arrays.copyOf(jumped, count);
    }
  }
}
