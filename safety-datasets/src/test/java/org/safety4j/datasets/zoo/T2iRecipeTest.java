package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;

class T2iRecipeTest extends MiniRecipeContract<DiffusionPipeline> {
  @Override
  MiniModel<DiffusionPipeline> model() {
    return Zoo.miniT2i();
  }

  @Override
  int epochs() {
    return 1;
  }

  @Override
  int most() {
    return 20;
  }

  @Override
  void check(List<MiniFigure> measured, MiniFigures published) {
    // Four standard deviations of a share of 20.
    for (String name : List.of("prompt-match", "prompt-match-real")) {
      assertThat(value(measured, name))
          .as(name)
          .isGreaterThan(published.measured(name).value() - 0.25);
    }
    // Far above shuffled prompts.
    assertThat(published.measured("prompt-match").low())
        .isGreaterThan(published.measured("prompt-match-shuffled").high() + 0.2);
  }
}
