package org.safety4j.datasets.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Rng;

class SyntheticImagesTest {
  @Test
  void halfSpaceImagesLieExactlyAtTheMargin() {
    HalfSpace plane = HalfSpace.random(1, 3, 4, Rng.of(5));
    double[] normal = plane.normal();
    try (LabeledImages set = plane.images(20, 0.2, 0.2)) {
      float[] x = set.images().toFloatArray();
      for (int i = 0; i < 20; i++) {
        double distance = 0;
        for (int j = 0; j < 12; j++) {
          distance += normal[j] * (x[12 * i + j] - 0.5);
        }
        assertThat(distance).isCloseTo(set.labels()[i] == 1 ? 0.2 : -0.2, Offset.offset(1e-6));
      }
      assertThat(x[0]).isNotEqualTo(x[24]);
    }
  }

  @Test
  void halfSpacesFollowTheirSeed() {
    HalfSpace plane = HalfSpace.random(1, 3, 4, Rng.of(5));
    assertThat(plane.normal()).isEqualTo(HalfSpace.random(1, 3, 4, Rng.of(5)).normal());
    assertThat(plane.normal()).isNotEqualTo(HalfSpace.random(1, 3, 4, Rng.of(6)).normal());
    try (LabeledImages few = plane.images(3, 0.2, 0.2);
        LabeledImages many = plane.images(9, 0.2, 0.2);
        LabeledImages start = many.first(3)) {
      assertThat(start.checksum()).isEqualTo(few.checksum());
    }
  }

  @Test
  void marginsThatLeaveTheCubeAreRefused() {
    assertThatThrownBy(() -> HalfSpace.random(1, 1, 1, Rng.of(0)).images(1, 0.6, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("margin 0.6");
  }

  @Test
  void gaussianClassesScatterAroundTheirMeans() {
    GaussianClasses classes = new GaussianClasses(3, 1, 10, 10, 0.2, 0.05);
    Rng rng = Rng.of(3);
    try (LabeledImages set = classes.images(90, rng)) {
      float[] x = set.images().toFloatArray();
      double squares = 0;
      for (int i = 0; i < 90; i++) {
        int best = -1;
        double least = Double.MAX_VALUE;
        for (int c = 0; c < 3; c++) {
          double[] mean = classes.mean(c, rng);
          double d = 0;
          for (int j = 0; j < 100; j++) {
            d += Math.pow(x[100 * i + j] - mean[j], 2);
          }
          if (d < least) {
            least = d;
            best = c;
          }
        }
        assertThat(best).isEqualTo(set.labels()[i]);
        squares += least;
      }
      assertThat(Math.sqrt(squares / 9000)).isCloseTo(0.05, Offset.offset(0.002));
    }
  }

  @Test
  void rangesAreChecked() {
    assertThatThrownBy(() -> GaussianClasses.separable(1, 1, 2, 2)).hasMessageContaining("classes");
    assertThatThrownBy(() -> new GaussianClasses(2, 1, 2, 2, 0.6, 0.1))
        .hasMessageContaining("contrast");
  }
}
