package org.safety4j.attacks.engine.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Rng;

class NoiseTest {
  private static float[] draw(Noise noise, int n) {
    float[] values = new float[n];
    noise.fill(Rng.of(1).sequence(), values, 0, n);
    return values;
  }

  private static double meanSquare(float[] values) {
    double sum = 0;
    for (float v : values) {
      sum += (double) v * v;
    }
    return sum / values.length;
  }

  @Test
  void gaussianEntriesHaveVarianceOne() {
    assertThat(meanSquare(draw(Noise.GAUSSIAN, 20_000))).isCloseTo(1, within(0.04));
  }

  @Test
  void rademacherEntriesAreBalancedSigns() {
    double sum = 0;
    for (float v : draw(Noise.RADEMACHER, 20_000)) {
      assertThat(Math.abs(v)).isEqualTo(1);
      sum += v;
    }
    assertThat(sum / 20_000).isCloseTo(0, within(0.03));
  }

  @Test
  void sphereAndCubeHaveUnitLength() {
    assertThat(meanSquare(draw(Noise.SPHERE, 50)) * 50).isCloseTo(1, within(1e-5));
    assertThat(meanSquare(draw(Noise.CUBE, 50)) * 50).isCloseTo(1, within(1e-5));
  }
}
