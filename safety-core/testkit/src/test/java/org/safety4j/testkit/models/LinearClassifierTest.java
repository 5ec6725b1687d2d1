package org.safety4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.testkit.ImageClassifierContract;

class LinearClassifierTest extends ImageClassifierContract {
  @Override
  protected ImageClassifier.Gray open() {
    return LinearClassifier.of(
        new double[][] {{1, -2, 3, 0}, {0, 1, 0, -1}, {2, 2, -1, 1}},
        new double[] {0.5, 0, -0.5},
        new Shape(1, 2, 2));
  }

  @Test
  void distancesFollowTheDualNorm() {
    try (LinearClassifier f =
        LinearClassifier.halfSpace(new double[] {3, -4}, 1, new Shape(1, 1, 2))) {
      float[] x = {1, 0.5f};
      assertThat(f.margin(x, 1)).isEqualTo(2);
      assertThat(f.distance(x, 1, Norm.L2)).isCloseTo(2 / 5.0, offset(1e-12));
      assertThat(f.distance(x, 1, Norm.LINF)).isCloseTo(2 / 7.0, offset(1e-12));
      assertThat(f.distance(x, 1, Norm.L1)).isCloseTo(2 / 4.0, offset(1e-12));
      assertThat(f.distance(x, 0, Norm.L1)).isZero();
    }
  }
}
