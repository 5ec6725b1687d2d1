package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;

class BpeTrainerTest {
  private static Tokenizer tokenizer(byte[] json) {
    return HuggingFaceTokenizers.of("test", json, SpecialTokens.none());
  }

  /**
   * The example of Sennrich et al. with a blank before each word: low x5, lower x2, newest x6,
   * widest x3. Most frequent are e-s and s-t with 9, and e stands before s; then es-t with 9. Then
   * blank-l, l-o and o-w have 7, and the blank comes first; then blankl-o and o-w have 7, and o is
   * a byte, older than blankl.
   */
  @Test
  void mergesFollowTheExampleWorkedByHand() {
    String text = " low".repeat(5) + " lower".repeat(2) + " newest".repeat(6) + " widest".repeat(3);
    byte[] json = new BpeTrainer(256 + 1 + 4, 1, List.of("<|end|>")).train(List.of(text));
    try (Tokenizer tokenizer = tokenizer(json)) {
      assertThat(IntStream.range(257, 261).mapToObj(tokenizer::token))
          .containsExactly("es", "est", "\u0120l", "ow");
      assertThat(Arrays.stream(tokenizer.encode(" low")).mapToObj(tokenizer::token))
          .containsExactly("\u0120l", "ow");
      assertThat(Arrays.stream(tokenizer.encode(" fastest")).mapToObj(tokenizer::token))
          .containsExactly("\u0120", "f", "a", "s", "t", "est");
    }
  }

  @Test
  void everyTextComesBackAndSpecialTokensAreNeverMerged() {
    byte[] json =
        new BpeTrainer(400, 2, List.of("<|pad|>", "<|end|>"))
            .train(List.of("a potion, a potion and a potion: 12 coins", "it's a potion"));
    try (Tokenizer tokenizer = tokenizer(json)) {
      for (String text :
          List.of(
              "a potion",
              "Gr\u00fc\u00dfe, \u4f60\u597d \ud83e\uddea\n\ttab  two",
              "",
              "it's 12")) {
        assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
      }
      assertThat(tokenizer.encode("x<|end|>")).endsWith(1);
      assertThat(tokenizer.isSpecial(1)).isTrue();
      assertThat(tokenizer.encodePlain("<|end|>")).doesNotContain(1);
      assertThat(tokenizer.encode(" potion")).hasSize(1);
    }
  }

  @Test
  void startsOfTextsAreAddedWhereTheModelExpectsThem() {
    BpeTrainer trainer = new BpeTrainer(300, 2, List.of("[PAD]", "[CLS]")).withStart("[CLS]");
    try (Tokenizer tokenizer = tokenizer(trainer.train(List.of("aa aa")))) {
      assertThat(tokenizer.encodeFull("aa")).startsWith(1).hasSize(2);
      assertThat(tokenizer.encode("aa")).hasSize(1);
    }
    assertThatThrownBy(() -> trainer.withStart("[SEP]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("start")
        .hasMessageContaining("[SEP]");
  }

  @Test
  void rarePairsStayApartAndTheResultIsTheSameEachTime() {
    BpeTrainer trainer = new BpeTrainer(1_000, 2, List.of());
    byte[] json = trainer.train(List.of("aa bb", "cd"));
    assertThat(trainer.train(List.of("aa bb", "cd"))).isEqualTo(json);
    try (Tokenizer tokenizer = tokenizer(json)) {
      assertThat(tokenizer.size()).isEqualTo(256);
    }
    assertThat(new String(json, StandardCharsets.UTF_8)).contains("\"merges\":[]");
  }

  @Test
  void tooSmallVocabulariesAreRefused() {
    assertThatThrownBy(() -> new BpeTrainer(256, 2, List.of("<|end|>")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("vocabulary")
        .hasMessageContaining("257");
    assertThatThrownBy(() -> new BpeTrainer(300, 2, List.of()).train(List.of("")))
        .hasMessageContaining("texts");
  }
}
