package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;

class DdpmRecipeTest extends MiniRecipeContract<DiffusionPipeline> {
  @Override
  MiniModel<DiffusionPipeline> model() {
    return Zoo.miniDdpm();
  }

  @Override
  int epochs() {
    return 1;
  }

  @Override
  int most() {
    return 40;
  }

  @Override
  void check(List<MiniFigure> measured, MiniFigures published) {
    // Four standard deviations of a share of 40; uniform noise reaches 0.05.
    assertThat(value(measured, "recognised"))
        .isGreaterThan(published.measured("recognised").value() - 0.2);
    assertThat(value(measured, "nearest-training")).isGreaterThan(0.5);
    assertThat(value(measured, "commonest-digit")).isLessThan(0.4);
  }
}
