package org.safety4j.core.attack;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Projections;

/**
 * The set of images within a distance of the original, met with the box [0, 1].
 *
 * @param norm the distance; {@link Norm#L0} has no projection here
 * @param epsilon the radius: in (0, 1] for Linf, greater than 0 otherwise; 0 allows no change and
 *     is for tests of that
 */
public record Ball(Norm norm, double epsilon) {
  /**
   * Checks the radius.
   *
   * @param norm the distance; {@link Norm#L0} has no projection here
   * @param epsilon the radius: in (0, 1] for Linf, greater than 0 otherwise; 0 allows no change and
   *     is for tests of that
   */
  public Ball {
    if (norm == Norm.LINF) {
      Require.that(
          epsilon >= 0 && epsilon <= 1,
          "epsilon must be in (0, 1] for Linf on [0,1] images, was " + epsilon);
    } else {
      Require.that(
          epsilon >= 0 && !Double.isInfinite(epsilon),
          "epsilon must be finite and greater than 0 for " + norm + ", was " + epsilon);
    }
  }

  private static Ball positive(Norm norm, double epsilon) {
    Require.that(
        epsilon != 0,
        "epsilon must be greater than 0, was 0.0; in Java 8 / 255 is 0, write 8 / 255.0");
    return new Ball(norm, epsilon);
  }

  /**
   * An Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the ball
   */
  public static Ball linf(double epsilon) {
    return positive(Norm.LINF, epsilon);
  }

  /**
   * An L2 ball.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the ball
   */
  public static Ball l2(double epsilon) {
    return positive(Norm.L2, epsilon);
  }

  /**
   * An L1 ball.
   *
   * @param epsilon greater than 0, in units of pixel values in [0, 1]
   * @return the ball
   */
  public static Ball l1(double epsilon) {
    return positive(Norm.L1, epsilon);
  }

  /**
   * Changes the radius.
   *
   * @param value as in the constructor
   * @return a copy
   */
  public Ball withEpsilon(double value) {
    return new Ball(norm, value);
  }

  /**
   * Finds the nearest image in the ball and the box.
   *
   * @param x {@code [N, ...]}
   * @param center the originals, in [0, 1]
   * @return the projections
   */
  public NDArray project(NDArray x, NDArray center) {
    return switch (norm) {
      case LINF -> Projections.linfBox(x, center, epsilon);
      case L2 -> Projections.l2Box(x, center, epsilon);
      case L1 -> Projections.l1Box(x, center, epsilon);
      case L0 ->
          throw new IllegalArgumentException("an L0 ball has no projection by gradient steps");
    };
  }

  @Override
  public String toString() {
    return norm + " " + epsilon;
  }
}
