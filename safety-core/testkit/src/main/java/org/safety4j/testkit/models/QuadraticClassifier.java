package org.safety4j.testkit.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;

/**
 * A classifier with curved boundaries: the logit of class k is {@code b_k - a_k |x - c_k|^2 / 2}.
 *
 * <p>Its layer {@code hidden} is the flattened image.
 */
public final class QuadraticClassifier extends AnalyticClassifier {
  private final NDArray centres;
  private final NDArray curvature;
  private final NDArray b;

  private QuadraticClassifier(
      double[][] centres, double[] curvature, double[] bias, Shape inputShape) {
    super("quadratic", inputShape, centres.length);
    Require.that(
        curvature.length == centres.length && bias.length == centres.length,
        "curvature and bias must have " + centres.length + " entries");
    this.centres = weight(floats(centres), new Shape(centres.length, inputShape.size()));
    this.curvature = weight(floats(curvature), new Shape(curvature.length));
    this.b = weight(floats(bias), new Shape(bias.length));
  }

  /**
   * Makes a classifier.
   *
   * @param centres one row a class, one column a pixel value
   * @param curvature a, one entry a class
   * @param bias b, one entry a class
   * @param inputShape shape of an image, {@code [C, H, W]}
   * @return the classifier, to be closed by the caller
   */
  public static QuadraticClassifier of(
      double[][] centres, double[] curvature, double[] bias, Shape inputShape) {
    return new QuadraticClassifier(centres, curvature, bias, inputShape);
  }

  /**
   * Makes a classifier of two classes: 1 inside a sphere, 0 outside. An image at distance d from
   * the centre is {@code |d - radius|} away from the other class in L2.
   *
   * @param centre the sphere's centre, flattened
   * @param radius its radius
   * @param inputShape shape of an image, {@code [C, H, W]}
   * @return the classifier, to be closed by the caller
   */
  public static QuadraticClassifier sphere(double[] centre, double radius, Shape inputShape) {
    return of(
        new double[][] {centre, centre},
        new double[] {0, 2},
        new double[] {0, radius * radius},
        inputShape);
  }

  @Override
  NDArray forward(NDArray images) {
    return PROGRAM.one("bowls", images, centres, curvature, b);
  }

  @Override
  NDArray pullback(NDArray images, NDArray cotangent) {
    return PROGRAM.one("bowls_pullback", cotangent, images, centres, curvature);
  }

  @Override
  NDArray hidden(NDArray images) {
    return images.reshape(images.getShape().get(0), -1);
  }
}
