package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.ClassifierRecipe;

/**
 * Turns, scales, shifts and mirrors training images at random, each by its own draw; what comes in
 * from outside the image is 0. Bilinear.
 *
 * @param degrees largest turn to either side, in [0, 180]
 * @param scale largest relative change of size, in [0, 1)
 * @param shift largest shift along either axis, as a share of the image's side, in [0, 1)
 * @param mirror whether half of the images are mirrored left to right
 */
public record AffineJitter(double degrees, double scale, double shift, boolean mirror)
    implements ClassifierRecipe.Augmentation {
  /**
   * Checks the ranges.
   *
   * @param degrees in [0, 180]
   * @param scale in [0, 1)
   * @param shift in [0, 1)
   * @param mirror any
   * @throws IllegalArgumentException if a value is outside its range
   */
  public AffineJitter {
    Require.inRange("degrees", degrees, 0, 180);
    Require.inRange("scale", scale, 0, Math.nextDown(1.0));
    Require.inRange("shift", shift, 0, Math.nextDown(1.0));
  }

  @Override
  public NDArray apply(NDArray images, int[] samples, Rng rng) {
    Shape shape = images.getShape();
    float[] theta = new float[6 * samples.length];
    for (int i = 0; i < samples.length; i++) {
      fill(theta, 6 * i, rng.derive(samples[i]).sequence());
    }
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray maps = images.getManager().create(theta, new Shape(samples.length, 2, 3));
      NDArray grid =
          Ops.affineGrid(maps, (int) shape.get(1), (int) shape.get(2), (int) shape.get(3));
      return scope.keep(Ops.gridSample(images, grid));
    }
  }

  /** Writes the map from output to input coordinates, in which an image reaches from -1 to 1. */
  private void fill(float[] theta, int at, SplittableRandom random) {
    double angle = Math.toRadians(degrees) * symmetric(random);
    double inverse = 1 / (1 + scale * symmetric(random));
    double sign = mirror && random.nextBoolean() ? -1 : 1;
    double cos = Math.cos(angle) * inverse;
    double sin = Math.sin(angle) * inverse;
    theta[at] = (float) (cos * sign);
    theta[at + 1] = (float) -sin;
    theta[at + 2] = (float) (2 * shift * symmetric(random));
    theta[at + 3] = (float) (sin * sign);
    theta[at + 4] = (float) cos;
    theta[at + 5] = (float) (2 * shift * symmetric(random));
  }

  private static double symmetric(SplittableRandom random) {
    return 2 * random.nextDouble() - 1;
  }
}
