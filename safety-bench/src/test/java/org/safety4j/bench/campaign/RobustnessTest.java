package org.safety4j.bench.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

class RobustnessTest {
  private final ImageClassifier.White model = new Fixtures.Linear("linear", false);
  private final LabeledImages images = new Fixtures.Pixels(40).open();

  @AfterEach
  void close() {
    images.close();
    model.close();
  }

  @Test
  void undefendedModelLosesTheMarginsBelowTheRadius() {
    Robustness robustness =
        Robustness.of(model).on(images).against(Fixtures.Signed.linf(0.05)).run(Run.seed(0));
    assertThat(robustness.robust().value()).isCloseTo(0.75, within(1e-9));
    assertThat(robustness.controlLanded()).isTrue();
    assertThat(robustness)
        .hasToString(
            "clean 1.000 [0.912, 1.000], robust 0.750 [0.598, 0.858], positive control landed:"
                + " yes");
  }

  @Test
  void adaptiveAttackDecidesWhereTheNamedOneDoesNotFit() {
    Protected<ImageClassifier.Gray> shielded =
        new Fixtures.Contrast(List.of("test-guess"))
            .apply((ImageClassifier.Gray) model, Run.seed(0));
    Robustness robustness =
        Robustness.of(shielded).on(images).against(Fixtures.Signed.linf(0.05)).run(Run.seed(0));
    assertThat(robustness.robust().value()).isCloseTo(0.75, within(1e-9));
    assertThat(robustness.adaptive())
        .containsExactly("test-guess Linf 0.05", "EOT and BPDA Linf 0.05");
    assertThat(robustness.toString())
        .contains("(adaptive: test-guess Linf 0.05, EOT and BPDA Linf 0.05)");
  }

  @Test
  void idleAttackLandsNowhere() {
    Robustness robustness =
        Robustness.of(model)
            .on(images)
            .against(new Fixtures.Idle(Fixtures.linf(0.05)))
            .run(Run.seed(0));
    assertThat(robustness.robust().value()).isEqualTo(1);
    assertThat(robustness.controlLanded()).isFalse();
    assertThat(robustness.toString()).contains("landed: no, 1 doubt");
  }

  @Test
  void unfinishedQuestionsSayWhatIsMissing() {
    assertThatThrownBy(() -> Robustness.of(model).run(Run.seed(0)))
        .hasMessage("images to attack are missing; call on(...)");
    assertThatThrownBy(() -> Robustness.of(model).on(images).run(Run.seed(0)))
        .hasMessage("attacks are missing; call against(...)");
  }
}
