package org.safety4j.core.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WrittenTextTest {
  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() throws URISyntaxException {
    tokenizer =
        HuggingFaceTokenizers.open(
            Path.of(WrittenTextTest.class.getResource("/fixtures/gpt2/tokenizer.json").toURI()));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private static List<String> pieces(String text, String... stop) {
    WrittenText written = new WrittenText(tokenizer, List.of(stop));
    List<String> pieces = new ArrayList<>();
    for (int id : tokenizer.encode(text)) {
      pieces.add(written.add(id));
      if (written.stopped()) {
        break;
      }
    }
    pieces.add(written.finish());
    assertThat(String.join("", pieces)).isEqualTo(written.text());
    return pieces;
  }

  @Test
  void piecesJoinToTheText() {
    String text = "the quick brown fox\n na\u00efve \u6f22\u5b57 \ud83d\ude42\ud83d\ude42 12";
    assertThat(String.join("", pieces(text))).isEqualTo(text);
  }

  @Test
  void halfOfACharacterIsHeldBack() {
    for (String piece : pieces("\ud83d\ude42\u6f22")) {
      assertThat(piece).doesNotContain("\ufffd");
    }
    int[] smile = tokenizer.encode("\ud83d\ude42");
    assertThat(smile.length).isGreaterThan(1);
    WrittenText cut = new WrittenText(tokenizer, List.of());
    assertThat(cut.add(smile[0])).isEmpty();
    assertThat(cut.finish()).contains("\ufffd");
  }

  @Test
  void textEndsBeforeAStopTextThatSpansTokens() {
    assertThat(String.join("", pieces("abc STOP def", "STOP"))).isEqualTo("abc ");
    assertThat(String.join("", pieces("abc STOP def", "def", "TOP"))).isEqualTo("abc S");
    assertThat(String.join("", pieces("abc STO def", "STOP"))).isEqualTo("abc STO def");
  }

  @Test
  void theStartOfAStopTextIsNotToldTooEarly() {
    StringBuilder told = new StringBuilder();
    for (String piece : pieces("xxSTOPyy", "STOP")) {
      told.append(piece);
      assertThat("xx").startsWith(told);
    }
  }

  @Test
  void specialTokensHaveNoText() {
    assertThat(String.join("", pieces("a<s>b</s>"))).isEqualTo("ab");
  }

  @Test
  void longTextsDecodeInPiecesAsAWhole() {
    String text = "the agent sends the message, \u2013 d\u00e9j\u00e0 vu ".repeat(40);
    assertThat(String.join("", pieces(text))).isEqualTo(text);
  }
}
