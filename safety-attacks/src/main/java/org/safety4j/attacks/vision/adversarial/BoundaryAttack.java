package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import org.safety4j.attacks.engine.query.BoundaryGroup;
import org.safety4j.attacks.engine.query.BoundaryWalk;
import org.safety4j.attacks.engine.query.LabelOracle;
import org.safety4j.attacks.engine.query.Noise;
import org.safety4j.attacks.engine.query.Outcomes;
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

/**
 * A random walk along the decision boundary: a step on the sphere around the original, then one
 * towards it, kept if the image is still adversarial; both lengths adapt to how often that works.
 * Needs labels only.
 *
 * <p>Without a ball the attack makes the distance as small as its queries allow, and every image
 * that it finds an adversarial one for counts as success; with a ball it ends as soon as the image
 * is within it. The result's traces tell the distance after any number of queries.
 *
 * <p><b>Source</b>: Brendel, Rauber, Bethge: Decision-Based Adversarial Attacks: Reliable Attacks
 * Against Black-Box Machine Learning Models. ICLR, 2018.
 *
 * <p><b>Deviations</b>: the start is moved to the boundary by bisection before the walk; orthogonal
 * steps are tested by a query of their own only every tenth step.
 *
 * @param ball where an image has fallen, L2; everywhere by default
 * @param sphereStep first orthogonal step as a share of the distance, greater than 0; 0.01 by
 *     default
 * @param sourceStep first step towards the original as a share of the distance, in (0, 1); 0.01 by
 *     default
 * @param attempts most images tried as a start, at least 1; 50 by default
 * @param queries most queries for one image, at least 1; 25,000 by default
 */
public record BoundaryAttack(
    Ball ball, double sphereStep, double sourceStep, int attempts, int queries)
    implements EvasionAttack.Black, Constrained<BoundaryAttack> {
  /**
   * Checks the ranges.
   *
   * @param ball where an image has fallen, L2; everywhere by default
   * @param sphereStep first orthogonal step as a share of the distance, greater than 0; 0.01 by
   *     default
   * @param sourceStep first step towards the original as a share of the distance, in (0, 1); 0.01
   *     by default
   * @param attempts most images tried as a start, at least 1; 50 by default
   * @param queries most queries for one image, at least 1; 25,000 by default
   */
  public BoundaryAttack {
    QueryRecipes.requireNorm(ball, Norm.L2);
    Require.positive("sphereStep", sphereStep);
    Require.that(
        sourceStep > 0 && sourceStep < 1, "sourceStep must be in (0, 1), was " + sourceStep);
    Require.atLeast("attempts", attempts, 1);
    Require.atLeast("queries", queries, 1);
  }

  /**
   * Makes the L2 distance as small as possible.
   *
   * @return the attack with the paper's settings
   */
  public static BoundaryAttack l2() {
    return new BoundaryAttack(QueryRecipes.everywhere(Norm.L2), 0.01, 0.01, 50, 25_000);
  }

  /**
   * Ends within an L2 ball.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the attack with the paper's settings
   */
  public static BoundaryAttack l2(double epsilon) {
    return l2().withBall(Ball.l2(epsilon));
  }

  /**
   * Changes the first steps.
   *
   * @param sphere orthogonal step, greater than 0
   * @param source step towards the original, in (0, 1)
   * @return a copy
   */
  public BoundaryAttack withSteps(double sphere, double source) {
    return new BoundaryAttack(ball, sphere, source, attempts, queries);
  }

  /**
   * Changes how many starts are tried.
   *
   * @param value at least 1
   * @return a copy
   */
  public BoundaryAttack withAttempts(int value) {
    return new BoundaryAttack(ball, sphereStep, sourceStep, value, queries);
  }

  /**
   * Changes the limit of queries.
   *
   * @param value most queries for one image, at least 1
   * @return a copy
   */
  public BoundaryAttack withQueries(int value) {
    return new BoundaryAttack(ball, sphereStep, sourceStep, attempts, value);
  }

  @Override
  public BoundaryAttack withBall(Ball value) {
    return new BoundaryAttack(value, sphereStep, sourceStep, attempts, queries);
  }

  @Override
  public MethodInfo info() {
    return QueryMethods.BOUNDARY;
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
            Walker::new,
            queries,
            QueryRecipes.rng(this, run),
            "boundary");
    return QueryRecipes.result(this, outcomes, ball.norm());
  }

  /** The last outcomes of one kind of step. */
  private static final class History {
    private final boolean[] ring;
    private int seen;

    History(int length) {
      ring = new boolean[length];
    }

    void add(boolean success) {
      ring[seen++ % ring.length] = success;
    }

    boolean isFull() {
      return seen >= ring.length;
    }

    double rate() {
      int hits = 0;
      for (boolean hit : ring) {
        hits += hit ? 1 : 0;
      }
      return (double) hits / ring.length;
    }

    void clear() {
      seen = 0;
    }
  }

  /** One combined step a query. */
  private final class Walker implements BoundaryWalk.Mover {
    private static final int TEST_EVERY = 10;
    private static final double CHANGE = 1.5;
    private static final double CONVERGED = 1e-7;
    private static final double START_TOLERANCE = 1e-3;
    private final double[] sphere;
    private final double[] source;
    private final History[] onSphere;
    private final History[] inwards;

    Walker(BoundaryGroup group) {
      int n = group.size();
      sphere = new double[n];
      source = new double[n];
      onSphere = new History[n];
      inwards = new History[n];
      Arrays.fill(sphere, sphereStep);
      Arrays.fill(source, sourceStep);
      for (int i = 0; i < n; i++) {
        onSphere[i] = new History(20);
        inwards[i] = new History(20);
      }
    }

    @Override
    public void advance(BoundaryGroup group, int[] rows, int step) {
      if (step == 1) {
        group.bisect(rows, START_TOLERANCE, 0);
      }
      double[] sphereOf = new double[rows.length];
      double[] sourceOf = new double[rows.length];
      double[] distance = new double[rows.length];
      for (int i = 0; i < rows.length; i++) {
        sphereOf[i] = sphere[rows[i]];
        sourceOf[i] = source[rows[i]];
        distance[i] = group.distance(rows[i]);
      }
      NDArray center = group.originals(rows);
      NDArray away = group.points(rows).sub(center);
      NDArray outward = QueryRecipes.unitLength(away);
      NDArray noise = group.noise(rows, Noise.GAUSSIAN, "walk", step);
      NDArray along = QueryRecipes.dot(noise, outward);
      NDArray tangent = QueryRecipes.unitLength(noise.sub(outward.mul(along)));
      NDArray radius = group.perRow(distance);
      NDArray turned = outward.add(tangent.mul(group.perRow(sphereOf)));
      NDArray ring = QueryRecipes.unitLength(turned).mul(radius);
      if (step % TEST_EVERY == 0) {
        boolean[] hit = group.ask(rows, Ops.clamp(center.add(ring), 0, 1));
        for (int i = 0; i < rows.length; i++) {
          onSphere[rows[i]].add(hit[i]);
        }
      }
      NDArray inward = ring.mul(group.perRow(sourceOf).neg().add(1));
      boolean[] moved = group.move(rows, Ops.clamp(center.add(inward), 0, 1), step);
      for (int i = 0; i < rows.length; i++) {
        inwards[rows[i]].add(moved[i]);
        adapt(group, rows[i]);
      }
    }

    /** Aims at half of the orthogonal steps and a quarter of the combined ones. */
    private void adapt(BoundaryGroup group, int row) {
      if (onSphere[row].isFull()) {
        double rate = onSphere[row].rate();
        if (rate > 0.5) {
          sphere[row] *= CHANGE;
          source[row] *= CHANGE;
        } else if (rate < 0.2) {
          sphere[row] /= CHANGE;
          source[row] /= CHANGE;
        }
        onSphere[row].clear();
      }
      if (inwards[row].isFull()) {
        double rate = inwards[row].rate();
        if (rate > 0.25) {
          source[row] *= CHANGE;
        } else if (rate < 0.1) {
          source[row] /= CHANGE;
        }
        inwards[row].clear();
      }
      source[row] = Math.min(source[row], 0.5);
      if (source[row] < CONVERGED) {
        group.retire(row);
      }
    }
  }
}
