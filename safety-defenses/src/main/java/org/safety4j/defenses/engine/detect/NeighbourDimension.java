package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * Local intrinsic dimensionality: how fast the number of reference points grows with the distance
 * from a point, by maximum likelihood from its k nearest ones. Of points of an m-dimensional cloud
 * the estimate's mean is near {@code m k / (k - 2)}. Immutable and safe for several threads; holds
 * no native memory.
 *
 * <p><b>Source</b>: X. Ma, B. Li, Y. Wang, S. M. Erfani, S. Wijewickrema, G. Schoenebeck, D. Song,
 * M. E. Houle and J. Bailey, "Characterizing Adversarial Subspaces Using Local Intrinsic
 * Dimensionality", International Conference on Learning Representations, 2018.
 */
public final class NeighbourDimension implements FeatureStatistic {
  private static final double SMALLEST = 1e-12;

  private final double[] points;
  private final Shape shape;
  private final int neighbours;

  /**
   * Sets the reference.
   *
   * @param points points of the normal kind, {@code [M, D]}; stays the caller's
   * @param neighbours how many of the nearest ones are looked at, at least 3, fewer than M
   * @throws IllegalArgumentException if there are too few points
   */
  public NeighbourDimension(NDArray points, int neighbours) {
    Require.that(
        points.getShape().dimension() == 2, "points must be [M, D], were " + points.getShape());
    Require.atLeast("neighbours", neighbours, 3);
    Require.that(
        neighbours < points.getShape().get(0),
        "neighbours must be fewer than the points of reference, were "
            + neighbours
            + " of "
            + points.getShape().get(0)
            + "; give more images");
    try (Scope scope = Scope.open()) {
      this.points = Ops.float64(points).toDoubleArray();
    }
    this.shape = points.getShape();
    this.neighbours = neighbours;
  }

  /** A point at distance 0 counts as one very near. */
  @Override
  public NDArray of(NDArray features) {
    Require.that(
        features.getShape().dimension() == 2 && features.getShape().get(1) == shape.get(1),
        "features must be [N, " + shape.get(1) + "], were " + features.getShape());
    try (Scope scope = Scope.open()) {
      NDArray distances =
          Ops.distances(Ops.float64(features), features.getManager().create(points, shape));
      NDArray logs = Ops.topK(distances.neg(), neighbours).neg().add(SMALLEST).log();
      NDArray farthest = Ops.maxPerSample(logs).expandDims(1);
      return scope.keep(
          farthest.sub(logs).sum(new int[] {1}).add(SMALLEST).pow(-1).mul(neighbours));
    }
  }
}
