package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Linalg;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * One Gaussian a class, all with the same covariance, and the squared Mahalanobis distance to the
 * nearest. Immutable and safe for several threads; holds no native memory.
 *
 * <p><b>Source</b>: K. Lee, K. Lee, H. Lee and J. Shin, "A Simple Unified Framework for Detecting
 * Out-of-Distribution Samples and Adversarial Attacks", Advances in Neural Information Processing
 * Systems, 2018.
 */
public final class TiedGaussians implements FeatureStatistic {
  private static final double SINGULAR = 1e-10;

  private final int classes;
  private final int dimension;
  private final double[] whitening;
  private final double[] centres;

  private TiedGaussians(int classes, int dimension, double[] whitening, double[] centres) {
    this.classes = classes;
    this.dimension = dimension;
    this.whitening = whitening;
    this.centres = centres;
  }

  /**
   * Fits means and covariance by maximum likelihood.
   *
   * @param features {@code [N, D]}; stays the caller's
   * @param labels a class a row
   * @param classes number of classes, each with at least one row
   * @param shrinkage weight of a multiple of the identity with the same trace that the covariance
   *     is mixed with, in [0, 1]; 0 leaves it as it is
   * @return the Gaussians
   * @throws IllegalArgumentException if a class has no row, or the covariance is singular
   */
  public static TiedGaussians fit(NDArray features, int[] labels, int classes, double shrinkage) {
    Require.inRange("shrinkage", shrinkage, 0, 1);
    Require.that(
        features.getShape().dimension() == 2,
        "features must be [N, D], were " + features.getShape());
    int n = Math.toIntExact(features.getShape().get(0));
    int d = Math.toIntExact(features.getShape().get(1));
    Require.that(n == labels.length, "labels must be one a row, were " + labels.length);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDManager manager = features.getManager();
      NDArray x = Ops.float64(features);
      NDArray members = manager.create(memberships(labels, classes), new Shape(classes, n));
      NDArray means = members.matMul(x);
      NDArray centred = x.sub(Ops.rows(means, labels));
      NDArray covariance = centred.transpose().matMul(centred).div(n);
      double level = covariance.mul(manager.eye(d)).sum().getDouble() / d;
      NDArray mixed = covariance.mul(1 - shrinkage).add(manager.eye(d).mul(shrinkage * level));
      NDList parts = Linalg.eigh(mixed);
      double[] values = parts.get(0).toDoubleArray();
      Require.that(
          values[0] > SINGULAR * values[d - 1],
          "the covariance of "
              + d
              + " features is singular: "
              + n
              + " rows of "
              + classes
              + " classes do not span them with a shrinkage of "
              + shrinkage
              + "; give more rows or a larger shrinkage");
      NDArray whitening = parts.get(1).div(parts.get(0).sqrt());
      return new TiedGaussians(
          classes, d, whitening.toDoubleArray(), means.matMul(whitening).toDoubleArray());
    }
  }

  /** A row a class, which takes the mean over the class's rows when multiplied from the left. */
  private static double[] memberships(int[] labels, int classes) {
    int[] sizes = new int[classes];
    for (int label : labels) {
      Require.that(
          label >= 0 && label < classes,
          "labels must be in [0, " + classes + "), one was " + label);
      sizes[label]++;
    }
    double[] members = new double[classes * labels.length];
    for (int c = 0; c < classes; c++) {
      Require.that(
          sizes[c] > 0, "class " + c + " has no image; every class needs some to have a mean");
    }
    for (int i = 0; i < labels.length; i++) {
      members[labels[i] * labels.length + i] = 1.0 / sizes[labels[i]];
    }
    return members;
  }

  /**
   * Computes squared Mahalanobis distances, as part of the graph if one is recorded.
   *
   * @param features {@code [N, D]}
   * @return float64 {@code [N, K]}, one a class
   */
  public NDArray distances(NDArray features) {
    Require.that(
        features.getShape().dimension() == 2 && features.getShape().get(1) == dimension,
        "features must be [N, " + dimension + "], were " + features.getShape());
    try (Scope scope = Scope.open()) {
      NDManager manager = features.getManager();
      NDArray white =
          Ops.float64(features).matMul(manager.create(whitening, new Shape(dimension, dimension)));
      NDArray targets = manager.create(centres, new Shape(classes, dimension));
      NDArray own = white.mul(white).sum(new int[] {1}, true);
      NDArray theirs = targets.mul(targets).sum(new int[] {1}).reshape(1, classes);
      return scope.keep(own.add(theirs).sub(white.matMul(targets.transpose()).mul(2)));
    }
  }

  /** The squared distance to the nearest class. */
  @Override
  public NDArray of(NDArray features) {
    try (Scope scope = Scope.open()) {
      return scope.keep(Ops.maxPerSample(distances(features).neg()).neg());
    }
  }
}
