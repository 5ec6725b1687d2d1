package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class RareWordsTest {
  @Test
  void sharedRareWordsMakeTextsAlike() {
    float[][] near =
        RareWords.similarities(
            List.of("a cat", "nothing", "the dog"), List.of("the cat", "the dog", "the dog runs"));
    assertThat(near[0]).containsExactly(1, 0, 0);
    assertThat(near[1]).containsExactly(0, 0, 0);
    // "the" stands in every document and weighs nothing; dog log(3/2), runs log(3).
    double dog = Math.log(1.5);
    double length = Math.hypot(dog, Math.log(3));
    assertThat(near[2][0]).isZero();
    assertThat(near[2][1]).isCloseTo(1, within(1e-6f));
    assertThat((double) near[2][2]).isCloseTo(dog / length, within(1e-6));
  }
}
