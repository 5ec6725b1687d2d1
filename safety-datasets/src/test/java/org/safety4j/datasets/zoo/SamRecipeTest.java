package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.safety4j.core.nn.sam.Sam;

class SamRecipeTest extends MiniRecipeContract<Sam> {
  @Override
  MiniModel<Sam> model() {
    return Zoo.miniSam();
  }

  @Override
  int epochs() {
    return 1;
  }

  @Override
  int most() {
    return 30;
  }

  @Override
  void check(List<MiniFigure> measured, MiniFigures published) {
    for (String name : List.of("point-miou", "box-miou")) {
      assertThat(value(measured, name))
          .as(name)
          .isGreaterThan(published.measured(name).value() - 0.1)
          .isGreaterThan(value(measured, "disc-miou") + 0.02);
    }
  }
}
