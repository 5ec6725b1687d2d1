package org.safety4j.datasets.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.safety4j.core.data.LabeledImages;

class DigitsTest {
  @Test
  void splitsHaveTheirSizesAndEveryClassInProportion() {
    try (LabeledImages train = Digits.train().open();
        LabeledImages test = Digits.test().open()) {
      assertThat(train.images().getShape().getShape()).containsExactly(1297, 1, 8, 8);
      assertThat(test.images().getShape().getShape()).containsExactly(500, 1, 8, 8);
      int[] perClass = new int[10];
      Arrays.stream(test.labels()).forEach(c -> perClass[c]++);
      assertThat(Arrays.stream(perClass).min().orElseThrow()).isGreaterThanOrEqualTo(48);
      assertThat(Arrays.stream(perClass).max().orElseThrow()).isLessThanOrEqualTo(51);
    }
  }

  @Test
  void valuesAreSixteenthsOfFullInk() {
    try (LabeledImages test = Digits.test().open()) {
      Set<Float> values = new HashSet<>();
      for (float v : test.images().toFloatArray()) {
        values.add(v);
      }
      assertThat(values).hasSize(17).contains(0f, 1 / 16f, 1f);
    }
  }

  @Test
  void contentsAreFixed() {
    try (LabeledImages train = Digits.train().open();
        LabeledImages test = Digits.test().open()) {
      assertThat(train.checksum()).isEqualTo("905018a1e30c6721");
      assertThat(test.checksum()).isEqualTo("f69e17f80c481b15");
    }
  }

  @Test
  void splitsShareNoPicture() {
    try (LabeledImages train = Digits.train().open();
        LabeledImages test = Digits.test().open()) {
      assertThat(rows(test)).doesNotContainAnyElementsOf(rows(train));
    }
  }

  private static Set<String> rows(LabeledImages set) {
    float[] all = set.images().toFloatArray();
    Set<String> rows = new HashSet<>();
    for (int at = 0; at < all.length; at += 64) {
      rows.add(Arrays.toString(Arrays.copyOfRange(all, at, at + 64)));
    }
    return rows;
  }

  @Test
  void firstNarrowsAndNamesIt() {
    ImageSet some = Digits.test().first(200);
    assertThat(some.id()).isEqualTo("digits-test-first-200");
    assertThat(some.first(900)).isEqualTo(some);
    assertThat(Digits.test().first(500).id()).isEqualTo("digits-test");
    try (LabeledImages few = some.open();
        LabeledImages all = Digits.test().open()) {
      assertThat(few.labels()).isEqualTo(Arrays.copyOf(all.labels(), 200));
    }
    assertThatThrownBy(() -> Digits.test().first(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
