package org.safety4j.core.load.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Tokenizer;

class GgufTokenizersTest {
  /**
   * Letters and digits that byte-level BPE writes as themselves, and the blank and the line end as
   * it writes them.
   */
  private static final List<String> CHARACTERS =
      List.of("a", "b", "c", "'", "s", "S", "1", "2", "3", "4", "!", "\u0120", "\u010a");

  private static GgufFile file(GgufBuilder builder) {
    return GgufFile.of("test.gguf", ByteBuffer.wrap(builder.bytes()));
  }

  /**
   * A byte-level vocabulary whose merges would join any two neighbours: only the pre-tokenizer
   * keeps them apart.
   */
  private static GgufBuilder greedy(String pre) {
    List<String> tokens = new ArrayList<>(CHARACTERS);
    List<String> merges = new ArrayList<>();
    for (int length = 1; length < 4; length++) {
      List<String> shorter = tokens.stream().filter(t -> t.length() == 1).toList();
      int size = tokens.size();
      for (int i = 0; i < size && length < 3; i++) {
        if (tokens.get(i).length() == length) {
          for (String next : shorter) {
            tokens.add(tokens.get(i) + next);
            merges.add(tokens.get(i) + " " + next);
          }
        }
      }
    }
    tokens.add("<|end|>");
    int[] types = new int[tokens.size()];
    Arrays.fill(types, 1);
    types[types.length - 1] = 3;
    return new GgufBuilder()
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", pre)
        .texts("tokenizer.ggml.tokens", tokens)
        .texts("tokenizer.ggml.merges", merges)
        .integers("tokenizer.ggml.token_type", types)
        .integer("tokenizer.ggml.eos_token_id", tokens.size() - 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "gpt-2;     1234;      12|34",
        "smollm;    1234;      1|2|3|4",
        "llama-bpe; 1234;      123|4",
        "qwen2;     1234;      1|2|3|4",
        "default;   1234;      123|4",
        "gpt-2;     ab 1;      ab|_1",
        "smollm;    ab 1;      ab|_|1",
        "llama-bpe; ab 1;      ab|_|1",
        "gpt-2;     ab!!;      ab|!!",
        "gpt-2;     !ab;       !|ab",
        "llama-bpe; !ab;       !ab",
        "gpt-2;     b'S;       b|'|S",
        "llama-bpe; b'S;       b|'S",
        "gpt-2;     b's;       b|'s",
        "gpt-4o;    bS;        b|S",
        "llama-bpe; bS;        bS",
        "gpt-4o;    b'S;       b'S",
        "tekken;    12;        1|2",
        "gpt-2;     a  b;      a|_|_b",
      })
  void preTokenizersCutByTheirRules(String pre, String text, String pieces) {
    try (Tokenizer tokenizer = GgufTokenizers.tokenizer(file(greedy(pre)))) {
      List<String> found = new ArrayList<>();
      for (int id : tokenizer.encode(text)) {
        found.add(tokenizer.token(id).replace('\u0120', '_'));
      }
      assertThat(String.join("|", found)).isEqualTo(pieces);
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    }
  }

  @Test
  void unknownKindsAndPreTokenizersAreNamed() {
    assertThatThrownBy(() -> GgufTokenizers.tokenizer(file(greedy("poro-chat"))))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("poro-chat")
        .hasMessageContaining("llama-bpe");
    GgufBuilder rwkv =
        new GgufBuilder()
            .text("tokenizer.ggml.model", "rwkv")
            .texts("tokenizer.ggml.tokens", List.of("a"));
    assertThatThrownBy(() -> GgufTokenizers.tokenizer(file(rwkv)))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("rwkv");
    assertThatThrownBy(() -> GgufTokenizers.tokenizer(file(new GgufBuilder())))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("tokenizer.ggml.tokens");
  }

  @Test
  void partsThatDoNotFitAreNamed() {
    GgufBuilder base =
        new GgufBuilder()
            .text("tokenizer.ggml.model", "llama")
            .texts("tokenizer.ggml.tokens", List.of("a", "b"));
    assertThatThrownBy(
            () -> GgufTokenizers.tokenizer(file(base.numbers("tokenizer.ggml.scores", 1f))))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("1 scores for 2 tokens");
    GgufBuilder role =
        new GgufBuilder()
            .text("tokenizer.ggml.model", "gpt2")
            .texts("tokenizer.ggml.tokens", List.of("a"))
            .texts("tokenizer.ggml.merges", List.of())
            .integer("tokenizer.ggml.bos_token_id", 5);
    assertThatThrownBy(() -> GgufTokenizers.tokenizer(file(role)))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("bos_token_id");
    GgufBuilder twice =
        new GgufBuilder()
            .text("tokenizer.ggml.model", "gpt2")
            .texts("tokenizer.ggml.tokens", List.of("a", "a"))
            .texts("tokenizer.ggml.merges", List.of());
    assertThatThrownBy(() -> GgufTokenizers.tokenizer(file(twice)))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("twice");
    GgufBuilder types =
        new GgufBuilder()
            .text("tokenizer.ggml.model", "gpt2")
            .texts("tokenizer.ggml.tokens", List.of("a"))
            .texts("tokenizer.ggml.merges", List.of())
            .integers("tokenizer.ggml.token_type", 1, 1);
    assertThatThrownBy(() -> GgufTokenizers.tokenizer(file(types)))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("2 entries for 1 tokens");
  }

  private static final List<String> PIECES =
      List.of(
          "a",
          "b",
          "c",
          "\u2581",
          "\u2581a",
          "ab",
          "bc",
          "abc",
          "\u2581ab",
          "ca",
          "cab",
          "bb",
          "\u2581b",
          "aa");

  /** Pieces with scores, bytes for the rest; a score is unique, so the order of merges is too. */
  private static GgufBuilder pieces(boolean prefix) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int b = 0; b < 256; b++) {
      tokens.add(String.format("<0x%02X>", b));
    }
    tokens.addAll(PIECES);
    int[] types = new int[tokens.size()];
    float[] scores = new float[tokens.size()];
    Arrays.fill(types, 0, 259, 6);
    types[0] = 2;
    types[1] = 3;
    types[2] = 3;
    for (int i = 259; i < types.length; i++) {
      types[i] = 1;
      scores[i] = -((i * 7) % 23);
    }
    return new GgufBuilder()
        .text("tokenizer.ggml.model", "llama")
        .texts("tokenizer.ggml.tokens", tokens)
        .numbers("tokenizer.ggml.scores", scores)
        .integers("tokenizer.ggml.token_type", types)
        .flag("tokenizer.ggml.add_space_prefix", prefix)
        .integer("tokenizer.ggml.bos_token_id", 1)
        .integer("tokenizer.ggml.eos_token_id", 2)
        .integer("tokenizer.ggml.unknown_token_id", 0);
  }

  /**
   * The rule of SentencePiece's BPE: again and again join the neighbours whose joined piece has the
   * best score.
   */
  private static List<String> byScore(String text) {
    List<String> parts = new ArrayList<>();
    text.codePoints().forEach(c -> parts.add(Character.toString(c)));
    while (true) {
      int best = -1;
      int bestScore = Integer.MIN_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int piece = PIECES.indexOf(parts.get(i) + parts.get(i + 1));
        int score = piece < 0 ? Integer.MIN_VALUE : -(((piece + 259) * 7) % 23);
        if (score > bestScore) {
          bestScore = score;
          best = i;
        }
      }
      if (best < 0) {
        return parts;
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
  }

  @Test
  void scoredPiecesAreMergedFromTheBestScoreOn() {
    Random random = new Random(2);
    try (Tokenizer tokenizer = GgufTokenizers.tokenizer(file(pieces(true)))) {
      for (int i = 0; i < 300; i++) {
        StringBuilder text = new StringBuilder();
        for (int k = random.nextInt(12); k >= 0; k--) {
          text.append("abc ab".charAt(random.nextInt(6)));
        }
        List<String> found = new ArrayList<>();
        for (int id : tokenizer.encode(text.toString())) {
          found.add(tokenizer.token(id));
        }
        assertThat(found)
            .as(text.toString())
            .isEqualTo(byScore("\u2581" + text.toString().replace(' ', '\u2581')));
        assertThat(tokenizer.decode(tokenizer.encode(text.toString()))).isEqualTo(text.toString());
      }
    }
  }

  @Test
  void charactersOutsideOfThePiecesFallBackToBytes() {
    try (Tokenizer tokenizer = GgufTokenizers.tokenizer(file(pieces(false)))) {
      String text = "a\u6f22\ud83d\ude42";
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      int[] expected = new int[utf8.length];
      expected[0] = 259;
      for (int i = 1; i < utf8.length; i++) {
        expected[i] = 3 + (utf8[i] & 0xff);
      }
      assertThat(tokenizer.encode(text)).isEqualTo(expected);
      assertThat(tokenizer.decode(expected)).isEqualTo(text);
      assertThat(tokenizer.encodeFull(text)).startsWith(1, 259).hasSize(expected.length + 1);
      assertThat(tokenizer.encodePlain("</s>")).doesNotContain(2);
      assertThat(tokenizer.encode("</s>")).containsExactly(2);
    }
  }

  @Test
  void realCheckpointAgreesWithTheReference() throws IOException {
    Path folder =
        Path.of(System.getProperty("safety4j.models", "../shared/models"))
            .resolve("smollm2-135m-instruct");
    Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is not there");
    JsonNode reference = new ObjectMapper().readTree(folder.resolve("reference.json").toFile());
    try (GgufFile file = GgufFile.open(folder.resolve("smollm2-135m-instruct.Q4_1.gguf"));
        Tokenizer tokenizer = GgufTokenizers.tokenizer(file)) {
      assertThat(reference.get("tokenizer")).hasSizeGreaterThan(6);
      for (JsonNode row : reference.get("tokenizer")) {
        int[] ids = new ObjectMapper().convertValue(row.get("ids"), int[].class);
        assertThat(tokenizer.encode(row.get("text").asText())).isEqualTo(ids);
        assertThat(tokenizer.decode(ids)).isEqualTo(row.get("text").asText());
      }
      for (JsonNode chat : reference.get("chats")) {
        List<Message> messages = new ArrayList<>();
        chat.get("messages")
            .forEach(
                m -> messages.add(new Message(m.get("role").asText(), m.get("content").asText())));
        assertThat(GgufTokenizers.chatTemplate(file).render(messages, true))
            .isEqualTo(chat.get("prompt").asText());
      }
    }
  }
}
