package org.safety4j.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RateTest {
  @Test
  void printsValueIntervalAndDenominator() {
    assertThat(Rate.of(176, 187, "correctly classified images"))
        .hasToString("0.941 [0.898, 0.967] of 187 correctly classified images");
  }

  @Test
  void withoutTrialsIsUndefinedAndKnowsNothing() {
    Rate nothing = Rate.of(0, 0, "images");
    assertThat(nothing.value()).isNaN();
    assertThat(nothing.interval()).isEqualTo(new Interval(0, 1, 0.95));
    assertThat(nothing).hasToString("undefined (0 images)");
  }

  @Test
  void countsTrueOutcomes() {
    assertThat(Rate.of(new boolean[] {true, false, true, true}, "images"))
        .isEqualTo(Rate.of(3, 4, "images"));
    assertThat(Rate.of(3, 4, "images").complement().value()).isEqualTo(0.25);
  }

  @Test
  void poolsOnlyEqualDenominators() {
    assertThat(Rate.of(1, 4, "images").plus(Rate.of(2, 6, "images")))
        .isEqualTo(Rate.of(3, 10, "images"));
    assertThatThrownBy(() -> Rate.of(1, 4, "images").plus(Rate.of(1, 4, "prompts")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"images\" and \"prompts\"");
  }

  @Test
  void refusesImpossibleCounts() {
    assertThatThrownBy(() -> Rate.of(5, 4, "images"))
        .hasMessage("successes must be in [0, trials], was 5 of 4");
    assertThatThrownBy(() -> Rate.of(-1, 4, "images")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Rate.of(1, 4, " ")).hasMessageContaining("denominator");
  }

  @Test
  void exactIntervalIsWiderThanWilsonInTheMiddle() {
    Rate rate = Rate.of(50, 100, "images");
    assertThat(rate.exactInterval(0.95).width()).isGreaterThan(rate.interval().width());
    assertThat(rate.interval().lower()).isCloseTo(0.40383, within(1e-5));
  }
}
