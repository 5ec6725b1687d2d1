package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.function.Function;
import org.safety4j.core.error.EndpointFailure;
import org.safety4j.core.error.Require;

/**
 * A user's scoring function as a classifier; what it answers is checked, because it comes from
 * outside.
 */
final class FunctionClassifier implements ImageClassifier.Gray {
  private final int classes;
  private final Function<NDArray, float[][]> scores;

  FunctionClassifier(int classes, Function<NDArray, float[][]> scores) {
    this.classes = Require.atLeast("classes", classes, 2);
    this.scores = scores;
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public NDArray logits(NDArray images) {
    int n = Math.toIntExact(images.getShape().get(0));
    float[][] rows = scores.apply(images);
    if (rows == null || rows.length != n) {
      throw new EndpointFailure(
          "the scoring function answered "
              + (rows == null ? "null" : rows.length + " rows")
              + " for "
              + n
              + " images; it must give one row of scores an image");
    }
    float[] flat = new float[n * classes];
    for (int i = 0; i < n; i++) {
      if (rows[i].length != classes) {
        throw new EndpointFailure(
            "the scoring function answered "
                + rows[i].length
                + " scores for image "
                + i
                + ", not "
                + classes);
      }
      System.arraycopy(rows[i], 0, flat, i * classes, classes);
    }
    return images.getManager().create(flat, new Shape(n, classes));
  }

  @Override
  public ModelCard card() {
    return new ModelCard("function", "user function", 0, "user code", "");
  }

  @Override
  public void close() {}
}
