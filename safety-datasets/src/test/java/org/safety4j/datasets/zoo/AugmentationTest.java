package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

class AugmentationTest {
  private static NDArray dot(NDManager manager, int n) {
    float[] pixels = new float[n * 64];
    for (int i = 0; i < n; i++) {
      pixels[64 * i + 8 * 4 + 2] = 1;
    }
    return manager.create(pixels, new Shape(n, 1, 8, 8));
  }

  private static int[] count(int n) {
    int[] samples = new int[n];
    for (int i = 0; i < n; i++) {
      samples[i] = i;
    }
    return samples;
  }

  @Test
  void noMotionChangesNothing() {
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray images = dot(manager, 3);
      NDArray moved = new AffineJitter(0, 0, 0, false).apply(images, count(3), Rng.of(1));
      assertThat(moved.sub(images).abs().max().getFloat()).isLessThan(1e-5f);
    }
  }

  @Test
  void mirroringTurnsAboutHalfOfTheImages() {
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      float[] moved =
          new AffineJitter(0, 0, 0, true)
              .apply(dot(manager, 200), count(200), Rng.of(1))
              .toFloatArray();
      int mirrored = 0;
      for (int i = 0; i < 200; i++) {
        float kept = moved[64 * i + 34];
        float turned = moved[64 * i + 37];
        assertThat(kept + turned).isCloseTo(1f, Offset.offset(1e-4f));
        mirrored += turned > 0.5f ? 1 : 0;
      }
      assertThat(mirrored).isBetween(70, 130);
    }
  }

  @Test
  void shiftsStayWithinTheirShare() {
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      float[] moved =
          new AffineJitter(0, 0, 0.25, false)
              .apply(dot(manager, 100), count(100), Rng.of(2))
              .toFloatArray();
      double most = 0;
      for (int i = 0; i < 100; i++) {
        double row = 0;
        double mass = 0;
        for (int p = 0; p < 64; p++) {
          row += moved[64 * i + p] * (p / 8);
          mass += moved[64 * i + p];
        }
        most = Math.max(most, Math.abs(row / mass - 4));
      }
      assertThat(most).isBetween(1.7, 2.001);
    }
  }

  @Test
  void aSampleMovesTheSameInEveryBatch() {
    AffineJitter jitter = new AffineJitter(20, 0.2, 0.2, true);
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      float[] together =
          jitter.apply(dot(manager, 3), new int[] {5, 6, 7}, Rng.of(3)).toFloatArray();
      float[] alone = jitter.apply(dot(manager, 1), new int[] {7}, Rng.of(3)).toFloatArray();
      assertThat(java.util.Arrays.copyOfRange(together, 128, 192))
          .containsExactly(alone, Offset.offset(1e-6f));
      float[] later = jitter.apply(dot(manager, 1), new int[] {7}, Rng.of(4)).toFloatArray();
      assertThat(later).isNotEqualTo(alone);
    }
  }

  @Test
  void backgroundsShowThroughWherePicturesAreTransparent() {
    BackgroundJitter jitter = new BackgroundJitter(new AffineJitter(0, 0, 0, false), 0);
    int n = 100;
    float[] pixels = new float[n * 4 * 16];
    for (int i = 0; i < n; i++) {
      pixels[64 * i] = 0.25f;
      pixels[64 * i + 48] = 1;
    }
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray laid =
          jitter.apply(manager.create(pixels, new Shape(n, 4, 4, 4)), count(n), Rng.of(5));
      assertThat(laid.getShape().getShape()).containsExactly(n, 3, 4, 4);
      float[] out = laid.toFloatArray();
      int white = 0;
      for (int i = 0; i < n; i++) {
        assertThat(out[48 * i]).as("opaque red").isCloseTo(0.25f, Offset.offset(1e-5f));
        assertThat(out[48 * i + 16]).as("opaque green").isCloseTo(0f, Offset.offset(1e-5f));
        assertThat(out[48 * i + 15])
            .as("one background")
            .isCloseTo(out[48 * i + 5], Offset.offset(1e-5f));
        white += out[48 * i + 15] == 1f ? 1 : 0;
      }
      assertThat(white).isBetween(30, 70);
    }
  }

  @Test
  void gainsChangeColoursByAtMostTheirShare() {
    BackgroundJitter jitter = new BackgroundJitter(new AffineJitter(0, 0, 0, false), 0.5);
    float[] pixels = new float[4 * 4 * 16];
    java.util.Arrays.fill(pixels, 0.4f);
    for (int i = 0; i < 4; i++) {
      java.util.Arrays.fill(pixels, 64 * i + 48, 64 * i + 64, 1f);
    }
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray laid =
          jitter.apply(manager.create(pixels, new Shape(4, 4, 4, 4)), count(4), Rng.of(5));
      assertThat(laid.max().getFloat()).isBetween(0.45f, 0.6001f);
      assertThat(laid.min().getFloat()).isBetween(0.1999f, 0.35f);
    }
  }

  @Test
  void rangesAreChecked() {
    assertThatThrownBy(() -> new AffineJitter(200, 0, 0, false)).hasMessageContaining("degrees");
    assertThatThrownBy(() -> new AffineJitter(0, 1, 0, false)).hasMessageContaining("scale");
    assertThatThrownBy(() -> new BackgroundJitter(new AffineJitter(0, 0, 0, false), 1))
        .hasMessageContaining("gain");
    assertThatThrownBy(() -> new MixedBatches(2, 0)).hasMessageContaining("share");
  }
}
