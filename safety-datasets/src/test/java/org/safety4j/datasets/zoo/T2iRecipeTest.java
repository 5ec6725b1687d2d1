package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.tensor.Rng;
import org.safety4j.datasets.images.Emoji;

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

  @Test
  void trainingNeverSeesAHeldOutWording() {
    Map<Integer, String> heldOut = T2iRecipe.heldOut();
    List<Emoji> emoji =
        Emoji.all().train().stream().filter(e -> heldOut.containsKey(e.index())).toList();
    int[] all = IntStream.range(0, emoji.size()).toArray();
    int known = 0;
    for (int i = 0; i < 40; i++) {
      List<String> held = T2iRecipe.captions(emoji, all, heldOut, Rng.of(i));
      List<String> free = T2iRecipe.captions(emoji, all, Map.of(), Rng.of(i));
      for (int k = 0; k < all.length; k++) {
        String wording = " " + heldOut.get(emoji.get(k).index()) + " ";
        String name = " " + EmojiCaptions.words(emoji.get(k).name()) + " ";
        if (!name.contains(wording)) {
          assertThat(" " + held.get(k) + " ").doesNotContain(wording);
          known += (" " + free.get(k) + " ").contains(wording) ? 1 : 0;
        }
      }
    }
    // The positive control: where nothing is held out, the same draws use the wordings.
    assertThat(known).isGreaterThan(100);
    assertThat(heldOut.size()).isGreaterThan(120);
  }
}
