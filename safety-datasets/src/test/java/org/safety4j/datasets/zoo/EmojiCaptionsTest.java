package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiSet;

class EmojiCaptionsTest {
  @Test
  void captionsAreTrueOfTheirEmojiAndOfNoStranger() {
    List<Emoji> emoji = Emoji.all().list();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 300; i++) {
      Emoji e = emoji.get(i);
      EmojiCaptions.Caption caption = EmojiCaptions.draw(e, random);
      assertThat(caption.fits(e)).isTrue();
      Emoji stranger =
          emoji.stream().filter(o -> !o.category().equals(e.category())).findFirst().orElseThrow();
      assertThat(caption.fits(stranger)).as(caption.text()).isFalse();
      assertThat(caption.text()).isEqualTo(caption.text().toLowerCase(Locale.ROOT));
    }
  }

  @Test
  void namesBecomeWords() {
    assertThat(EmojiCaptions.words("thunder_cloud_and_rain")).isEqualTo("thunder cloud and rain");
    assertThat(EmojiCaptions.words("Food & Drink")).isEqualTo("food and drink");
    assertThat(EmojiCaptions.words("piñata")).isEqualTo("pinata");
    assertThat(EmojiCaptions.categoryPrompts()).hasSize(EmojiSet.categories().size());
  }

  @Test
  void aTokenizerOfFewTextsMergesWhatIsFrequent() {
    try (Tokenizer tokenizer =
        CaptionTokenizer.learn("t", List.of("low low low lower", "newest newest"), 6)) {
      // All 512 bytes with and without end mark, six merges, two ends.
      assertThat(tokenizer.size()).isEqualTo(520);
      assertThat(tokens(tokenizer, "low"))
          .containsExactly("<|startoftext|>", "low</w>", "<|endoftext|>");
      assertThat(tokens(tokenizer, "LOW é"))
          .containsExactly("<|startoftext|>", "low</w>", "Ã", "©</w>", "<|endoftext|>");
    }
  }

  private static List<String> tokens(Tokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encodeFull(text)).mapToObj(tokenizer::token).toList();
  }

  @Test
  void theSameTextsGiveTheSameTokenizer() {
    List<String> texts = EmojiCaptions.texts(Emoji.all().category("Flags").train());
    try (Tokenizer a = CaptionTokenizer.learn("a", texts, 50);
        Tokenizer b = CaptionTokenizer.learn("b", texts, 50)) {
      for (int id = 0; id < a.size(); id++) {
        assertThat(b.token(id)).isEqualTo(a.token(id));
      }
      assertThat(tokens(a, "flag")).contains("flag</w>");
    }
  }
}
