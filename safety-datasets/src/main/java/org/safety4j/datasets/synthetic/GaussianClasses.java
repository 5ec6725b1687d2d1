package org.safety4j.datasets.synthetic;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;

/**
 * Classes of images that are Gaussian noise around one mean image each. Means have entries 0.5 plus
 * or minus the contrast with random signs; with a noise well below the contrast the classes are
 * linearly separable and the nearest mean is the best classifier. Samples are limited to [0,1].
 *
 * @param classes number of classes, at least 2
 * @param channels channels of an image, at least 1
 * @param height rows of an image, at least 1
 * @param width columns of an image, at least 1
 * @param contrast distance of the means' entries from 0.5, in (0, 0.5]
 * @param noise standard deviation of every pixel, greater than 0
 */
public record GaussianClasses(
    int classes, int channels, int height, int width, double contrast, double noise) {
  /**
   * Checks the ranges.
   *
   * @param classes at least 2
   * @param channels at least 1
   * @param height at least 1
   * @param width at least 1
   * @param contrast in (0, 0.5]
   * @param noise greater than 0
   * @throws IllegalArgumentException if a value is outside its range
   */
  public GaussianClasses {
    Require.atLeast("classes", classes, 2);
    Require.atLeast("channels", channels, 1);
    Require.atLeast("height", height, 1);
    Require.atLeast("width", width, 1);
    Require.positive("contrast", contrast);
    Require.inRange("contrast", contrast, 0, 0.5);
    Require.positive("noise", noise);
  }

  /**
   * Gives classes that are easy to tell apart: contrast 0.25, noise 0.1.
   *
   * @param classes number of classes, at least 2
   * @param channels channels of an image, at least 1
   * @param height rows of an image, at least 1
   * @param width columns of an image, at least 1
   * @return the distribution
   */
  public static GaussianClasses separable(int classes, int channels, int height, int width) {
    return new GaussianClasses(classes, channels, height, width, 0.25, 0.1);
  }

  /**
   * Draws images, classes by turns.
   *
   * @param n how many, at least 1
   * @param rng randomness; the means depend on it alone, image i on it and i
   * @return the images {@code [n, channels, height, width]} in [0,1], to be closed by the caller
   */
  public LabeledImages images(int n, Rng rng) {
    Require.atLeast("n", n, 1);
    int size = channels * height * width;
    float[] pixels = new float[n * size];
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i % classes;
      double[] mean = mean(labels[i], rng);
      SplittableRandom random = rng.derive("image").derive(i).sequence();
      for (int j = 0; j < size; j++) {
        double value = mean[j] + noise * random.nextGaussian();
        pixels[i * size + j] = (float) Math.min(1, Math.max(0, value));
      }
    }
    List<String> names = IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    return LabeledImages.of(
        "gaussian-classes", pixels, new Shape(channels, height, width), labels, names);
  }

  /**
   * Gives the mean image of a class.
   *
   * @param label the class
   * @param rng the randomness that is given to {@link #images}
   * @return one value a pixel, in the order channel, row, column
   */
  public double[] mean(int label, Rng rng) {
    SplittableRandom random = rng.derive("mean").derive(label).sequence();
    double[] mean = new double[channels * height * width];
    for (int j = 0; j < mean.length; j++) {
      mean[j] = 0.5 + (random.nextBoolean() ? contrast : -contrast);
    }
    return mean;
  }
}
