package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.safety4j.core.nn.clip.Clip;

class ClipRecipeTest extends MiniRecipeContract<Clip> {
  @Override
  MiniModel<Clip> model() {
    return Zoo.miniClip();
  }

  @Override
  int epochs() {
    return 1;
  }

  @Override
  int most() {
    return 150;
  }

  @Override
  void check(List<MiniFigure> measured, MiniFigures published) {
    for (String group : List.of("twitter", "noto", "unseen-style")) {
      String zeroShot = "zero-shot-" + group;
      // Four standard deviations of a share of 150.
      assertThat(value(measured, zeroShot))
          .as(zeroShot)
          .isGreaterThan(published.measured(zeroShot).value() - 0.16);
      // Finding among fewer is easier, so that the published share is a lower bound.
      String find = "find-picture-" + group;
      assertThat(value(measured, find))
          .as(find)
          .isGreaterThan(published.measured(find).value() - 0.1);
    }
  }
}
