package org.safety4j.datasets.synthetic;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.SplittableRandom;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;

/**
 * Two classes of images on either side of a known hyperplane through the middle of the cube: an
 * image x belongs to class 1 where {@code normal . (x - 0.5) > 0}. The smallest perturbation that
 * changes a class is known exactly: the margin in L2, the margin over the L1 norm of the normal in
 * Linf (as long as the box does not cut in).
 *
 * <p>Immutable.
 */
public final class HalfSpace {
  private static final double CENTRE = 0.5;

  private final Shape element;
  private final double[] normal;
  private final Rng rng;

  private HalfSpace(Shape element, double[] normal, Rng rng) {
    this.element = element;
    this.normal = normal;
    this.rng = rng;
  }

  /**
   * Draws a hyperplane with a random direction.
   *
   * @param channels channels of an image, at least 1
   * @param height rows of an image, at least 1
   * @param width columns of an image, at least 1
   * @param rng randomness; the same one gives the same hyperplane and the same images
   * @return the problem
   */
  public static HalfSpace random(int channels, int height, int width, Rng rng) {
    Require.atLeast("channels", channels, 1);
    Require.atLeast("height", height, 1);
    Require.atLeast("width", width, 1);
    SplittableRandom random = rng.derive("normal").sequence();
    double[] normal = new double[channels * height * width];
    double squares = 0;
    for (int i = 0; i < normal.length; i++) {
      normal[i] = random.nextGaussian();
      squares += normal[i] * normal[i];
    }
    for (int i = 0; i < normal.length; i++) {
      normal[i] /= Math.sqrt(squares);
    }
    return new HalfSpace(new Shape(channels, height, width), normal, rng);
  }

  /**
   * Gives the hyperplane's unit normal, which points to class 1.
   *
   * @return a copy, one component a pixel, in the order channel, row, column
   */
  public double[] normal() {
    return normal.clone();
  }

  /**
   * Draws images at a fixed distance from the hyperplane, classes by turns.
   *
   * @param n how many, at least 1
   * @param margin their L2 distance from the hyperplane, greater than 0
   * @param noise half the width of the uniform noise along the hyperplane, in [0, 0.5]
   * @return the images {@code [n, channels, height, width]} in [0,1], to be closed by the caller
   * @throws IllegalArgumentException if margin and noise lead out of [0,1]
   */
  public LabeledImages images(int n, double margin, double noise) {
    Require.atLeast("n", n, 1);
    Require.positive("margin", margin);
    Require.inRange("noise", noise, 0, CENTRE);
    float[] pixels = new float[n * normal.length];
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i % 2;
      double[] x = image(i, labels[i] == 1 ? margin : -margin, noise);
      for (int j = 0; j < x.length; j++) {
        Require.that(
            x[j] >= 0 && x[j] <= 1,
            "margin " + margin + " and noise " + noise + " lead out of [0,1]; make them smaller");
        pixels[i * x.length + j] = (float) x[j];
      }
    }
    return LabeledImages.of("half-space", pixels, element, labels, List.of("below", "above"));
  }

  private double[] image(int index, double signedDistance, double noise) {
    SplittableRandom random = rng.derive("image").derive(index).sequence();
    double[] x = new double[normal.length];
    double along = 0;
    for (int j = 0; j < x.length; j++) {
      x[j] = noise * (2 * random.nextDouble() - 1);
      along += normal[j] * x[j];
    }
    for (int j = 0; j < x.length; j++) {
      x[j] += CENTRE + (signedDistance - along) * normal[j];
    }
    return x;
  }
}
