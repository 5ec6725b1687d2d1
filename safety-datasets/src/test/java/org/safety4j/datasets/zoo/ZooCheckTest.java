package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.datasets.synthetic.PotionExam.Mark;

class ZooCheckTest {
  @Test
  void figuresAreThoseThatWereNotedWhenTheModelWasBuilt() {
    List<MiniFigure> measured = new ZooCheck("mini-guard").figures(Integer.MAX_VALUE);
    var noted = Zoo.miniGuard().figures().marks();
    assertThat(measured).hasSameSizeAs(noted.keySet());
    assertThat(measured.get(0).name()).isEqualTo("flagged-direct");
    assertThat(measured.get(0).value()).isEqualTo(noted.get(Mark.FLAGGED_DIRECT).value());
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
