package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Estimates a loss's gradient from scores by antithetic finite differences: the mean over n random
 * directions u of {@code (L(x + s u) - L(x - s u)) / (2 s) * u}. On a linear loss its mean is the
 * gradient w; its squared error is {@code (d+1) |w|^2 / n} with Gaussian and {@code (d-1) |w|^2 /
 * n} with Rademacher directions.
 *
 * <p>Points that are asked are limited to the box [0, 1], which halves the estimate at a pixel that
 * stands on the box's wall and leaves its sign right.
 *
 * @param noise the directions
 * @param pairs n, at least 1; each costs two queries
 * @param width s, greater than 0, in units of pixel values in [0, 1]
 */
public record GradientEstimator(Noise noise, int pairs, double width) {
  /**
   * Checks the ranges.
   *
   * @param noise the directions
   * @param pairs n, at least 1; each costs two queries
   * @param width s, greater than 0, in units of pixel values in [0, 1]
   */
  public GradientEstimator {
    Require.atLeast("pairs", pairs, 1);
    Require.positive("width", width);
  }

  /**
   * Natural evolution strategies: Gaussian directions.
   *
   * @param pairs antithetic pairs, at least 1
   * @param sigma standard deviation, greater than 0
   * @return the estimator
   */
  public static GradientEstimator nes(int pairs, double sigma) {
    return new GradientEstimator(Noise.GAUSSIAN, pairs, sigma);
  }

  /**
   * Simultaneous perturbation: Rademacher directions.
   *
   * @param pairs pairs, at least 1
   * @param delta step of the differences, greater than 0
   * @return the estimator
   */
  public static GradientEstimator spsa(int pairs, double delta) {
    return new GradientEstimator(Noise.RADEMACHER, pairs, delta);
  }

  /**
   * Estimates the gradient at several images. A sample that has fewer queries left than the
   * estimate and one more query need gets fewer pairs.
   *
   * @param oracle the model, its loss and its ledger
   * @param x the images, {@code [A, C, H, W]} in [0, 1]
   * @param samples the sample of each image
   * @param rngs the randomness of each image, for this estimate alone
   * @return the estimates, {@code [A, C, H, W]}; zero where nothing could be asked
   */
  public NDArray estimate(ScoreOracle oracle, NDArray x, int[] samples, Rng[] rngs) {
    Shape element = Tensors.elementShape(x);
    int[] counts = new int[samples.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = (int) Math.max(0, Math.min(pairs, (oracle.ledger().left(samples[i]) - 1) / 2));
    }
    Directions directions = new Directions(noise, element, rngs, counts);
    int most = Math.max(1, Oracle.rows(element) / 2);
    try (Scope scope = Scope.open()) {
      NDArray flat = x.zerosLike().reshape(samples.length, element.size());
      while (oracle.ledger().isOpen()) {
        try (Scope chunk = Scope.open()) {
          NDArray u = directions.next(x.getManager(), most);
          if (u == null) {
            break;
          }
          int[] owners = directions.owners();
          NDArray base = Ops.rows(x, owners);
          NDArray move = u.mul(width);
          NDArray both = base.add(move).concat(base.sub(move), 0);
          int[] own = directions.ownersAmong(samples);
          int p = own.length;
          int[] asked = new int[2 * p];
          System.arraycopy(own, 0, asked, 0, p);
          System.arraycopy(own, 0, asked, p, p);
          if (oracle.ledger().totalLeft() < asked.length) {
            oracle.ledger().close("the total of queries left is less than an estimate needs");
            break;
          }
          Replies replies = oracle.ask(Ops.clamp(both, 0, 1), asked);
          if (replies.answered() < asked.length) {
            break;
          }
          float[] weights = new float[p];
          for (int i = 0; i < p; i++) {
            double difference = replies.loss(i) - replies.loss(p + i);
            if (!Double.isNaN(difference) && !Double.isInfinite(difference)) {
              weights[i] = (float) (difference / (2 * width * counts[owners[i]]));
            }
          }
          directions.accumulate(flat, weights, u.reshape(p, element.size()));
        }
      }
      return scope.keep(flat.reshape(x.getShape()));
    }
  }
}
