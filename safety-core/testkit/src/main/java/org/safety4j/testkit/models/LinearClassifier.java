package org.safety4j.testkit.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.error.Require;

/**
 * A linear classifier: every optimum and every minimal distance is known in closed form.
 *
 * <p>Its layer {@code hidden} is the flattened image.
 */
public final class LinearClassifier extends AnalyticClassifier {
  private final double[][] weights;
  private final double[] bias;
  private final NDArray w;
  private final NDArray b;

  private LinearClassifier(double[][] weights, double[] bias, Shape inputShape) {
    super("linear", inputShape, weights.length);
    Require.that(
        bias.length == weights.length,
        "bias must have " + weights.length + " entries, had " + bias.length);
    for (double[] row : weights) {
      Require.that(
          row.length == inputShape.size(),
          "weights must have " + inputShape.size() + " columns, a row had " + row.length);
    }
    this.weights = weights;
    this.bias = bias;
    this.w = weight(floats(weights), new Shape(weights.length, inputShape.size()));
    this.b = weight(floats(bias), new Shape(bias.length));
  }

  /**
   * Makes a classifier whose logits are {@code W x + b}.
   *
   * @param weights one row a class, one column a pixel value
   * @param bias one entry a class
   * @param inputShape shape of an image, {@code [C, H, W]}
   * @return the classifier, to be closed by the caller
   */
  public static LinearClassifier of(double[][] weights, double[] bias, Shape inputShape) {
    double[][] rows = new double[weights.length][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = weights[i].clone();
    }
    return new LinearClassifier(rows, bias.clone(), inputShape);
  }

  /**
   * Makes a classifier of two classes with logits 0 and {@code f(x) = w x + b}.
   *
   * @param w one entry a pixel value
   * @param b the offset
   * @param inputShape shape of an image, {@code [C, H, W]}
   * @return the classifier, to be closed by the caller
   */
  public static LinearClassifier halfSpace(double[] w, double b, Shape inputShape) {
    return of(new double[][] {new double[w.length], w}, new double[] {0, b}, inputShape);
  }

  /**
   * Computes the margin of a class in double precision.
   *
   * @param x an image, flattened
   * @param label the class
   * @return its logit less the best other one
   */
  public double margin(float[] x, int label) {
    double best = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < weights.length; k++) {
      if (k != label) {
        best = Math.max(best, logit(x, k));
      }
    }
    return logit(x, label) - best;
  }

  private double logit(float[] x, int k) {
    double z = bias[k];
    for (int j = 0; j < x.length; j++) {
      z += weights[k][j] * x[j];
    }
    return z;
  }

  /**
   * Computes the distance to the decision boundary without the box: {@code min_k (l_y - l_k) / |w_y
   * - w_k|_q} with the dual norm q.
   *
   * @param x an image, flattened
   * @param label its class
   * @param norm L1, L2 or Linf
   * @return the smallest distance at which the answer changes; 0 if it is wrong already
   */
  public double distance(float[] x, int label, Norm norm) {
    double least = Double.POSITIVE_INFINITY;
    for (int k = 0; k < weights.length; k++) {
      if (k != label) {
        double[] d = new double[x.length];
        for (int j = 0; j < d.length; j++) {
          d[j] = weights[label][j] - weights[k][j];
        }
        least = Math.min(least, Math.max(0, logit(x, label) - logit(x, k)) / dual(d, norm));
      }
    }
    return least;
  }

  /**
   * Computes the dual norm: by how much a unit step in a norm can change a linear function.
   *
   * @param w the function's weights
   * @param norm the norm of the step: L1, L2 or Linf
   * @return the largest absolute weight, the length or the sum of absolute weights
   */
  public static double dual(double[] w, Norm norm) {
    double sum = 0;
    for (double v : w) {
      sum =
          switch (norm) {
            case L1 -> Math.max(sum, Math.abs(v));
            case L2 -> sum + v * v;
            case LINF -> sum + Math.abs(v);
            case L0 -> throw new IllegalArgumentException("L0 has no dual norm");
          };
    }
    return norm == Norm.L2 ? Math.sqrt(sum) : sum;
  }

  @Override
  NDArray forward(NDArray images) {
    return PROGRAM.one("affine", images, w, b);
  }

  @Override
  NDArray pullback(NDArray images, NDArray cotangent) {
    return PROGRAM.one("affine_pullback", cotangent, w, images);
  }

  @Override
  NDArray hidden(NDArray images) {
    return images.reshape(images.getShape().get(0), -1);
  }
}
