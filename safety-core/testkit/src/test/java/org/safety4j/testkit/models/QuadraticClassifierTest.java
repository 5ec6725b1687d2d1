package org.safety4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.ImageClassifierContract;

class QuadraticClassifierTest extends ImageClassifierContract {
  @Override
  protected ImageClassifier.Gray open() {
    return QuadraticClassifier.of(
        new double[][] {{0.1, 0.9, 0.5, 0.5}, {0.7, 0.3, 0.2, 0.4}, {0.5, 0.5, 0.9, 0.1}},
        new double[] {3, 1, -2},
        new double[] {0, 0.1, -0.5},
        new Shape(1, 2, 2));
  }

  @Test
  void theSphereIsWhereItIsSaidToBe() {
    try (QuadraticClassifier f =
            QuadraticClassifier.sphere(new double[] {0.5, 0.5}, 0.25, new Shape(1, 1, 2));
        NDManager manager = Tensors.newManager()) {
      NDArray x =
          manager.create(new float[] {0.5f, 0.74f, 0.5f, 0.76f, 0.2f, 0.5f}, new Shape(3, 1, 1, 2));
      assertThat(f.labels(x)).containsExactly(1, 0, 0);
    }
  }
}
