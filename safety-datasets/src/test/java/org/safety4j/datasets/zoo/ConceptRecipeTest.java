package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.safety4j.core.nn.resnet.ResNet;

class ConceptRecipeTest extends MiniRecipeContract<ResNet> {
  @Override
  MiniModel<ResNet> model() {
    return Zoo.miniConcepts();
  }

  @Override
  int epochs() {
    return 1;
  }

  @Override
  int most() {
    return 100;
  }

  @Override
  void check(List<MiniFigure> measured, MiniFigures published) {
    assertThat(published.measured()).allMatch(MiniFigure::holds);
    // Four standard deviations of a share of 100.
    for (MiniFigure figure : measured) {
      assertThat(figure.value())
          .as(figure.name())
          .isGreaterThan(published.measured(figure.name()).value() - 0.2);
    }
  }
}
