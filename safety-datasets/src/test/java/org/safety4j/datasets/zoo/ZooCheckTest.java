package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ZooCheckTest {
  @Test
  void figuresAreThoseThatWereNotedWhenTheModelWasBuilt() {
    List<MiniFigure> measured = new ZooCheck("mini-guard").figures(Integer.MAX_VALUE);
    List<MiniFigure> noted = Zoo.miniGuard().figures().measured();
    assertThat(measured).hasSameSizeAs(noted);
    for (MiniFigure figure : measured) {
      assertThat(noted)
          .filteredOn(n -> n.name().equals(figure.name()) && n.trials() == figure.trials())
          .singleElement()
          .satisfies(n -> assertThat(figure.value()).isCloseTo(n.value(), within(1e-5)));
    }
  }

  @Test
  void whatIsMeasuredCanBeBounded() {
    MiniFigure accuracy = new ZooCheck("digits-vit").figures(50).get(0);
    assertThat(accuracy.trials()).isEqualTo(50);
    assertThat(accuracy.least()).isEqualTo(0.97);
    assertThat(accuracy.holds()).isTrue();
  }

  @Test
  void everyModelOfTheZooIsChecked() {
    assertThat(ZooCheck.all())
        .extracting(ZooCheck::id)
        .contains("emoji-vit", "mini-ddpm", "mini-chat-unaligned", "mini-guard")
        .doesNotHaveDuplicates();
    assertThatThrownBy(() -> new ZooCheck("digits-cn"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("digits-cnn");
  }
}
