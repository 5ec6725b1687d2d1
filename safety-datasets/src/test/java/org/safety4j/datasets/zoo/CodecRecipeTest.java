package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;

class CodecRecipeTest extends MiniRecipeContract<LatentCodec> {
  @Override
  MiniModel<LatentCodec> model() {
    return Zoo.miniCodec();
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
    for (String style : List.of("twitter", "noto")) {
      String psnr = "psnr-" + style;
      assertThat(value(measured, psnr))
          .as(psnr)
          .isCloseTo(published.measured(psnr).value(), within(0.7));
      String same = "same-answer-" + style;
      // Four standard deviations of a share of 100.
      assertThat(value(measured, same))
          .as(same)
          .isGreaterThan(published.measured(same).value() - 0.2);
    }
  }
}
