package org.safety4j.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;

class HuggingFaceTokenizersTest {
  private static Path fixture(String name) {
    try {
      return Path.of(
              HuggingFaceTokenizersTest.class
                  .getResource("/fixtures/" + name + "/config.json")
                  .toURI())
          .getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int[] ints(JsonNode list) {
    int[] out = new int[list.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = list.get(i).asInt();
    }
    return out;
  }

  @Test
  void agreesWithTheReferenceOnEveryCase() throws IOException {
    JsonNode cases = new ObjectMapper().readTree(getClass().getResource("tokenizer_cases.json"));
    try (Tokenizer gpt2 = HuggingFaceTokenizers.open(fixture("gpt2"));
        Tokenizer bert = HuggingFaceTokenizers.open(fixture("bert"))) {
      for (JsonNode row : cases) {
        Tokenizer tokenizer = row.get("folder").asText().equals("gpt2") ? gpt2 : bert;
        String text = row.get("text").asText();
        int[] ids = ints(row.get("ids"));
        assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids);
        assertThat(tokenizer.encodeFull(text)).as(text).isEqualTo(ints(row.get("full")));
        assertThat(tokenizer.decode(ids)).isEqualTo(row.get("decoded").asText());
        assertThat(tokenizer.decodePlain(tokenizer.encodeFull(text)))
            .isEqualTo(row.get("plain").asText());
        assertThat(tokenizer.encodeAll(List.of(text, text)))
            .hasSize(2)
            .allMatch(r -> Arrays.equals(r, ids));
      }
    }
    assertThat(cases).hasSizeGreaterThan(20);
  }

  @Test
  void aSpecialTokenIsAddedBehindAllOthers() {
    try (Tokenizer before = HuggingFaceTokenizers.open(fixture("gpt2"));
        Tokenizer after = HuggingFaceTokenizers.withSpecial(before, "<|image|>")) {
      assertThat(after.size()).isEqualTo(before.size() + 1);
      int id = before.size();
      assertThat(after.id("<|image|>")).hasValue(id);
      assertThat(after.isSpecial(id)).isTrue();
      assertThat(after.encode("the<|image|>fox"))
          .containsSequence(before.encode("the"))
          .contains(id)
          .endsWith(before.encode("fox"));
      assertThat(after.encodePlain("<|image|>")).doesNotContain(id);
      assertThat(after.decodePlain(after.encode("the<|image|>"))).isEqualTo("the");
      assertThat(after.encode("the fox")).isEqualTo(before.encode("the fox"));
      assertThat(after.special()).isEqualTo(before.special());
      assertThatThrownBy(() -> HuggingFaceTokenizers.withSpecial(after, "<|image|>"))
          .hasMessageContaining("token must be new");
    }
  }

  @Test
  void spelledOutSpecialTokensCountOnlyWhereTheyMay() {
    try (Tokenizer tokenizer = HuggingFaceTokenizers.open(fixture("gpt2"))) {
      String text = "x</s>";
      int end = tokenizer.id("</s>").getAsInt();
      assertThat(tokenizer.isSpecial(end)).isTrue();
      assertThat(tokenizer.encode(text)).endsWith(end);
      assertThat(tokenizer.encodePlain(text)).doesNotContain(end);
      assertThat(tokenizer.decode(tokenizer.encodePlain(text))).isEqualTo(text);
      assertThat(tokenizer.decodePlain(tokenizer.encode(text))).isEqualTo("x");
    }
  }

  @Test
  void longTextIsNeitherCutNorPadded() {
    try (Tokenizer tokenizer = HuggingFaceTokenizers.open(fixture("gpt2"))) {
      String text = "\u0001".repeat(3_000);
      assertThat(tokenizer.encode(text)).hasSize(3_000);
      assertThat(tokenizer.encodeAll(List.of(text, "\u0001")))
          .extracting(r -> r.length)
          .containsExactly(3_000, 1);
    }
    Path real =
        Path.of(System.getProperty("safety4j.models", "../shared/models"))
            .resolve("all-minilm-l6-v2");
    Assumptions.assumeTrue(Files.isDirectory(real), () -> real + " is not there");
    try (Tokenizer tokenizer = HuggingFaceTokenizers.open(real)) {
      assertThat(tokenizer.encode("banana ".repeat(2_000))).hasSize(2_000);
      assertThat(tokenizer.special().padding()).hasValue(0);
      assertThat(tokenizer.size()).isEqualTo(30_522);
    }
  }

  @Test
  void placesOfTokensCountUtf16Units() {
    try (Tokenizer tokenizer = HuggingFaceTokenizers.open(fixture("gpt2"))) {
      String text = "a\ud83d\ude42b the quick";
      Tokens tokens = tokenizer.tokenize(text);
      assertThat(tokens.ids()).isEqualTo(tokenizer.encode(text));
      assertThat(text.substring(tokens.starts()[0], tokens.ends()[0])).isEqualTo("a");
      int last = tokens.count() - 1;
      assertThat(tokens.ends()[last]).isEqualTo(text.length());
      int from = text.indexOf("quick");
      int[] range = tokens.covering(from, text.length());
      StringBuilder covered = new StringBuilder();
      for (int i = range[0]; i < range[1]; i++) {
        covered.append(tokenizer.decode(tokens.ids()[i]));
      }
      assertThat(covered.toString().strip()).isEqualTo("quick");
      for (int i = 0; i < tokens.count(); i++) {
        assertThat(tokens.starts()[i]).isBetween(0, tokens.ends()[i]);
      }
    }
  }

  @Test
  void idsThatDoNotSurviveTextAreFound() {
    try (Tokenizer tokenizer = HuggingFaceTokenizers.open(fixture("gpt2"))) {
      int[] natural = tokenizer.encode("the quick");
      int[] split = new int["the quick".length()];
      for (int i = 0; i < split.length; i++) {
        split[i] = tokenizer.encode("the quick".substring(i, i + 1))[0];
      }
      assertThat(natural.length).isLessThan(split.length);
      assertThat(tokenizer.survives(natural)).isTrue();
      assertThat(tokenizer.survives(split)).isFalse();
      assertThat(tokenizer.surviving(List.of(natural, split, natural)))
          .containsExactly(true, false, true);
    }
  }

  @Test
  void printableIdsAreAsciiAndNotSpecial() {
    try (Tokenizer tokenizer = HuggingFaceTokenizers.open(fixture("gpt2"))) {
      int[] ids = tokenizer.printableIds();
      assertThat(ids)
          .contains(tokenizer.encode("a"))
          .doesNotContain(tokenizer.id("<s>").getAsInt());
      assertThat(Arrays.stream(ids))
          .allMatch(id -> tokenizer.decode(id).chars().allMatch(c -> c >= 32 && c < 127));
      assertThat(ids.length).isBetween(95, tokenizer.size() - 100);
    }
  }

  @Test
  void wrongIdsAndHalfCharactersAreNamed() {
    try (Tokenizer tokenizer = HuggingFaceTokenizers.open(fixture("gpt2"))) {
      assertThatThrownBy(() -> tokenizer.decode(5, 300))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[0, 300)")
          .hasMessageContaining("was 300");
      assertThatThrownBy(() -> tokenizer.token(-1)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> tokenizer.encode("ab\ud83d"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("index 2");
    }
  }

  @Test
  void damagedFilesAreNamed(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> HuggingFaceTokenizers.open(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("tokenizer.json");
    for (String bad :
        List.of(
            "",
            "[]",
            "{}",
            "{\"model\": {\"vocab\": {\"a\": -1}}}",
            "{\"model\": {\"vocab\": {\"a\": 2000000000}}}",
            "{\"model\": {\"vocab\": {\"a\": 3999999}}}",
            "{\"model\": {\"vocab\": {\"a\": \"b\"}}}",
            "{\"model\": {\"type\": \"Nothing\", \"vocab\": {\"a\": 0}}}",
            "{\"model\": {\"vocab\": {\"a\": 0}",
            "{\"a\":" + "[".repeat(10_000))) {
      Files.writeString(folder.resolve("tokenizer.json"), bad);
      assertThatThrownBy(() -> HuggingFaceTokenizers.open(folder))
          .as(bad.substring(0, Math.min(60, bad.length())))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("tokenizer.json");
    }
  }

  @Test
  void rolesComeFromTheFilesBeside(@TempDir Path folder) throws IOException {
    Files.copy(fixture("gpt2").resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"eos_token\": {\"content\": \"</s>\"}}");
    Files.write(
        folder.resolve("special_tokens_map.json"),
        "{\"pad_token\": \"<pad>\"}".getBytes(StandardCharsets.UTF_8));
    try (Tokenizer tokenizer = HuggingFaceTokenizers.open(folder)) {
      assertThat(tokenizer.special().end()).hasValue(2);
      assertThat(tokenizer.special().padding()).hasValue(0);
      assertThat(tokenizer.special().begin()).isEmpty();
    }
  }
}
