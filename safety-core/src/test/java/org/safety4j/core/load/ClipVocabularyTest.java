package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.text.Tokenizer;

/** The vocabulary is made up; the ids are those of the reference's CLIPTokenizerFast over it. */
class ClipVocabularyTest {
  private static Path folder() {
    try {
      return Path.of(ClipVocabularyTest.class.getResource("clip-vocabulary").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void encodesLikeTheReference() {
    try (Tokenizer tokenizer = new HfFolder(folder()).tokenizer()) {
      assertThat(tokenizer.encodeFull("A cat, the DOG's  thing and 1234 é漢!?"))
          .containsExactly(
              524, 320, 513, 267, 523, 515, 518, 522, 517, 520, 272, 273, 274, 275, 127, 102, 162,
              120, 351, 0, 286, 525);
      assertThat(tokenizer.encodeFull("  caTting\n\tdogs <|endoftext|> x"))
          .containsExactly(524, 512, 83, 83, 517, 514, 70, 338, 525, 343, 525);
      assertThat(tokenizer.encodeFull("naïve — it's 12"))
          .containsExactly(
              524, 77, 64, 127, 107, 85, 324, 158, 222, 498, 72, 339, 518, 272, 273, 525);
    }
  }

  @Test
  void knowsTheRolesOfSpecialTokens() {
    try (Tokenizer tokenizer = new HfFolder(folder()).tokenizer()) {
      assertThat(tokenizer.special().begin()).hasValue(524);
      assertThat(tokenizer.special().end()).hasValue(525);
      assertThat(tokenizer.special().padding()).hasValue(0);
    }
  }

  @Test
  void namesTheTokenThatIsMissing(@TempDir Path temporary) throws Exception {
    Files.writeString(temporary.resolve("vocab.json"), "{\"a\": 0}");
    Files.writeString(temporary.resolve("merges.txt"), "");
    assertThatThrownBy(() -> new HfFolder(temporary).tokenizer())
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("<|startoftext|>");
  }
}
