package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;
import org.safety4j.datasets.images.Rgb;

class EmojiPicturesTest {
  private static final List<Emoji> SOME = Emoji.all().list().subList(0, 6);

  @Test
  void picturesOverWhiteAreThoseOfTheSet() {
    for (EmojiStyle style : EmojiStyle.values()) {
      try (NDManager manager = Tensors.newManager();
          LabeledImages set = Emoji.all().asImages(Rgb.WHITE, style).first(SOME.size()).open()) {
        float[] own = EmojiPictures.overWhite(manager, SOME, style).toFloatArray();
        assertThat(own).containsExactly(set.images().toFloatArray(), within(1e-6f));
      }
    }
  }

  @Test
  void whiteComesInWherePicturesMove() {
    try (NDManager manager = Tensors.newManager()) {
      NDArray all = EmojiPictures.overWhite(manager, SOME, EmojiStyle.TWITTER);
      int[] items = {4, 2};
      AffineJitter still = new AffineJitter(0, 0, 0, false);
      assertThat(EmojiPictures.moved(all, items, still, Rng.of(0)).toFloatArray())
          .containsExactly(all.get("4:5").concat(all.get("2:3"), 0).toFloatArray(), within(1e-5f));
      AffineJitter away = new AffineJitter(0, 0, 0.9, false);
      NDArray far = EmojiPictures.moved(all, items, away, Rng.of(3));
      assertThat(far.mean().getFloat()).isGreaterThan(all.mean().getFloat());
      assertThat(far.max().getFloat()).isCloseTo(1, within(1e-5f));
    }
  }

  @Test
  void theMedianIsOfTheNearest() {
    try (NDManager manager = Tensors.newManager()) {
      NDArray others = manager.create(new float[] {0, 0, 3, 4}).reshape(2, 1, 1, 2);
      NDArray pictures = manager.create(new float[] {0, 1, 3, 2, 0, -7}).reshape(3, 1, 1, 2);
      assertThat(EmojiPictures.medianNearest(pictures, others)).isCloseTo(2, within(1e-5));
    }
  }
}
