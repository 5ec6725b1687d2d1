package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Estimates the direction into the adversarial side at a point of the decision boundary from labels
 * alone: the mean over random unit directions u of {@code (phi(u) - mean phi) u}, where phi is 1 if
 * the point moved by {@code delta u} is adversarial and -1 if not. Where all are of one kind, the
 * mean of {@code phi u} is taken instead.
 *
 * <p>At a half-space's boundary with normal w the mean of {@code phi u} over the sphere is {@code
 * w/|w| * G(d/2) / (sqrt(pi) G((d+1)/2))}, with the gamma function G; subtracting the mean of phi
 * lowers the variance and multiplies that by {@code 1 - 1/n}.
 */
public final class SignEstimator {
  private final Noise noise;

  /**
   * Makes an estimator.
   *
   * @param noise a distribution of unit directions: {@link Noise#SPHERE} or {@link Noise#CUBE}
   */
  public SignEstimator(Noise noise) {
    this.noise = noise;
  }

  /**
   * Estimates directions at several points. Points that are asked are limited to the box [0, 1],
   * and the directions are taken as limited.
   *
   * @param oracle the model and its ledger
   * @param points {@code [A, C, H, W]} in [0, 1]
   * @param samples the sample of each point
   * @param rngs the randomness of each point, for this estimate alone
   * @param delta how far each point is moved, greater than 0
   * @param counts directions at each point; its sample must have as many queries left
   * @return {@code [A, C, H, W]}, not scaled to any length; zero where nothing was asked
   */
  public NDArray estimate(
      LabelOracle oracle, NDArray points, int[] samples, Rng[] rngs, double[] delta, int[] counts) {
    Shape element = Tensors.elementShape(points);
    int a = samples.length;
    Directions directions = new Directions(noise, element, rngs, counts);
    try (Scope scope = Scope.open()) {
      NDArray signed = points.zerosLike().reshape(a, element.size());
      NDArray plain = points.zerosLike().reshape(a, element.size());
      double[] sum = new double[a];
      int[] asked = new int[a];
      while (oracle.ledger().isOpen()) {
        try (Scope chunk = Scope.open()) {
          NDArray u = directions.next(points.getManager(), Oracle.rows(element));
          if (u == null) {
            break;
          }
          int[] owners = directions.owners();
          int p = owners.length;
          float[] steps = new float[p];
          for (int i = 0; i < p; i++) {
            steps[i] = (float) delta[owners[i]];
          }
          NDArray step = points.getManager().create(steps, new Shape(p, 1, 1, 1));
          NDArray base = Ops.rows(points, owners);
          NDArray moved = Ops.clamp(base.add(u.mul(step)), 0, 1);
          Replies replies = oracle.ask(moved, directions.ownersAmong(samples));
          float[] phi = new float[p];
          float[] ones = new float[p];
          for (int i = 0; i < replies.answered(); i++) {
            phi[i] = replies.reached(i) ? 1 : -1;
            ones[i] = 1;
            sum[owners[i]] += phi[i];
            asked[owners[i]]++;
          }
          NDArray taken = moved.sub(base).div(step).reshape(p, element.size());
          directions.accumulate(signed, phi, taken);
          directions.accumulate(plain, ones, taken);
        }
      }
      float[] mean = new float[a];
      float[] scale = new float[a];
      for (int i = 0; i < a; i++) {
        if (asked[i] > 0) {
          double m = sum[i] / asked[i];
          mean[i] = Math.abs(m) == 1 ? 0 : (float) m;
          scale[i] = 1f / asked[i];
        }
      }
      NDArray m = points.getManager().create(mean, new Shape(a, 1));
      NDArray s = points.getManager().create(scale, new Shape(a, 1));
      return scope.keep(signed.sub(plain.mul(m)).mul(s).reshape(points.getShape()));
    }
  }
}
