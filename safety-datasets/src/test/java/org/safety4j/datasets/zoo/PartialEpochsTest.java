package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Rng;

class PartialEpochsTest {
  private static final int ITEMS = 10;
  private static final int LENGTH = 4;

  private static List<Integer> seen(Rng rng, int epochs) {
    List<Integer> seen = new ArrayList<>();
    PartialEpochs parts = new PartialEpochs(ITEMS, LENGTH, rng);
    for (int epoch = 0; epoch < epochs; epoch++) {
      parts
          .over(
              (items, e, step) -> {
                IntStream.of(items).forEach(seen::add);
                return null;
              })
          .loss(IntStream.range(0, LENGTH).toArray(), epoch, Rng.of(0));
    }
    return seen;
  }

  @Test
  void everyItemComesOnceAPassInAnOrderOfItsOwn() {
    List<Integer> seen = seen(Rng.of(1), 5);
    List<Integer> all = IntStream.range(0, ITEMS).boxed().toList();
    assertThat(seen.subList(0, ITEMS)).containsExactlyInAnyOrderElementsOf(all).isNotEqualTo(all);
    assertThat(seen.subList(ITEMS, 2 * ITEMS))
        .containsExactlyInAnyOrderElementsOf(all)
        .isNotEqualTo(seen.subList(0, ITEMS));
    assertThat(seen(Rng.of(1), 5)).isEqualTo(seen);
    assertThat(seen(Rng.of(2), 5)).isNotEqualTo(seen);
  }

  @Test
  void samplesKeepTheirPlaceAndStepsTheirRandomness() {
    PartialEpochs parts = new PartialEpochs(ITEMS, LENGTH, Rng.of(1));
    List<Integer> expected = seen(Rng.of(1), 3).subList(2 * LENGTH, 3 * LENGTH);
    List<Integer> backwards = new ArrayList<>();
    Rng own = Rng.of(7);
    parts
        .over(
            (items, epoch, rng) -> {
              assertThat(epoch).isEqualTo(2);
              assertThat(rng).isSameAs(own);
              IntStream.of(items).forEach(backwards::add);
              return null;
            })
        .loss(new int[] {3, 2, 1, 0}, 2, own);
    Collections.reverse(backwards);
    assertThat(backwards).isEqualTo(expected);
  }

  @Test
  void anEpochIsNoLongerThanAPass() {
    assertThatThrownBy(() -> new PartialEpochs(3, 4, Rng.of(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("length");
  }
}
