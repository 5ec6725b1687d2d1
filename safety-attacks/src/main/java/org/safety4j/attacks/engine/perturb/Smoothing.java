package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Convolves the gradient with a Gaussian kernel, which stands for averaging it over shifted images.
 *
 * @param size side of the kernel in pixels, odd, at least 1; 1 changes nothing
 * @param sigma standard deviation in pixels, greater than 0
 */
public record Smoothing(int size, double sigma) implements GradientTransform {
  /**
   * Checks the ranges.
   *
   * @param size side of the kernel in pixels, odd, at least 1; 1 changes nothing
   * @param sigma standard deviation in pixels, greater than 0
   */
  public Smoothing {
    Require.that(size >= 1 && size % 2 == 1, "size must be odd and at least 1, was " + size);
    Require.positive("sigma", sigma);
  }

  /**
   * Makes the transform.
   *
   * @param size side of the kernel in pixels, odd
   * @param sigma standard deviation in pixels
   * @return the transform
   */
  public static Smoothing gaussian(int size, double sigma) {
    return new Smoothing(size, sigma);
  }

  @Override
  public GradientSource wrap(GradientSource inner) {
    if (size == 1) {
      return inner;
    }
    float[] kernel = kernel();
    return new GradientSource() {
      @Override
      public Sight look(Active active, NDArray x, Scope scope, Rng rng) {
        Sight sight = inner.look(active, x, scope, rng);
        NDArray weights = x.getManager().create(kernel, new Shape(1, 1, size, size));
        return sight.withGradient(Programs.call("convolve", sight.gradient(), weights));
      }

      @Override
      public int cost() {
        return inner.cost();
      }
    };
  }

  private float[] kernel() {
    double[] line = new double[size];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      double d = i - size / 2;
      line[i] = Math.exp(-d * d / (2 * sigma * sigma));
      sum += line[i];
    }
    float[] kernel = new float[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        kernel[i * size + j] = (float) (line[i] * line[j] / (sum * sum));
      }
    }
    return kernel;
  }
}
