package org.safety4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Scope;

class LabeledImagesTest {
  private static LabeledImages four() {
    float[] pixels = {0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f};
    return LabeledImages.of(
        "four", pixels, new Shape(1, 1, 2), new int[] {0, 1, 1, 0}, List.of("a", "b"));
  }

  @Test
  void subsetsKeepOrderAndLabelsAndOutliveTheWhole() {
    LabeledImages some;
    try (LabeledImages all = four()) {
      some = all.subset(new int[] {2, 0});
    }
    try (some) {
      assertThat(some.images().toFloatArray()).containsExactly(0.4f, 0.5f, 0f, 0.1f);
      assertThat(some.labels()).containsExactly(1, 0);
      assertThat(some.labelArray().toLongArray()).containsExactly(1, 0);
    }
  }

  @Test
  void scopesAroundDoNotFreeADataSet() {
    LabeledImages inside;
    try (Scope outer = Scope.open();
        Scope inner = Scope.open()) {
      inside = four();
    }
    try (inside) {
      assertThat(inside.images().toFloatArray()).hasSize(8);
      assertThat(inside.labelArray().toLongArray()).hasSize(4);
    }
  }

  @Test
  void batchesAndJoinsGiveTheWholeBack() {
    try (LabeledImages all = four()) {
      List<LabeledImages> batches = all.batches(3);
      assertThat(batches).extracting(LabeledImages::size).containsExactly(3, 1);
      try (LabeledImages joined = batches.get(0).plus(batches.get(1))) {
        assertThat(joined.checksum()).isEqualTo(all.checksum());
      }
      batches.forEach(LabeledImages::close);
    }
  }

  @Test
  void labelsMustFitTheClasses() {
    assertThatThrownBy(
            () ->
                LabeledImages.of(
                    "x", new float[1], new Shape(1, 1, 1), new int[] {2}, List.of("a", "b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[0, 2)");
  }
}
