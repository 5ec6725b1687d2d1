package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.SafetyException;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.gguf.GgufBuilder;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.Model;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Whole models with something wrong in them, opened as a user opens them. Whatever it is, the
 * outcome is a model or an error of ours, soon and without much memory.
 */
class HostileModelsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MEMORY = 256L << 20;
  private static final List<String> ABSURD =
      List.of(
          "0",
          "-1",
          "3",
          "2147483647",
          "99999999999",
          "1e-300",
          "1e300",
          "null",
          "\"x\"",
          "[]",
          "[1]",
          "{}",
          "true");

  private static final String DAMAGE = "{}[]\",:09ax\\-\u0000";
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";
  @TempDir private Path folder;

  /** What is loaded once does not count. */
  @BeforeAll
  static void warm() {
    for (String fixture : List.of("vit", "resnet", "gpt2", "llama", "bert")) {
      Models.open(Fixtures.path(fixture), Model.class).close();
    }
  }

  private Path copy(String fixture) {
    try (Stream<Path> files = Files.list(Fixtures.path(fixture))) {
      Path to = Files.createDirectories(folder.resolve(fixture));
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens a model; true if that went well, false if there was an error of ours. */
  private static boolean opens(Path path, String what) {
    com.sun.management.ThreadMXBean thread =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long start = thread.getCurrentThreadCpuTime();
    long used = thread.getCurrentThreadAllocatedBytes();
    boolean opened = true;
    try {
      Models.open(path, Model.class).close();
    } catch (SafetyException e) {
      opened = false;
      assertThat(e.getMessage()).as(what).isNotBlank().hasSizeLessThan(4_000);
    } catch (RuntimeException | Error e) {
      throw new AssertionError(what, e);
    }
    assertThat(thread.getCurrentThreadCpuTime() - start).as("time: " + what).isLessThan(SECOND);
    assertThat(thread.getCurrentThreadAllocatedBytes() - used)
        .as("memory: " + what)
        .isLessThan(MEMORY);
    return opened;
  }

  private void refused(Path path, String... named) {
    assertThat(opens(path, path.toString())).isFalse();
    assertThatThrownBy(() -> Models.open(path, Model.class))
        .isInstanceOfAny(InvalidModelFile.class, UnsupportedModel.class)
        .hasMessageContainingAll(named);
  }

  private static void edit(Path file, String from, String to) throws IOException {
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    Files.writeString(
        file,
        text.replaceFirst(Pattern.quote(from), Matcher.quoteReplacement(to)),
        StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "vit; vit.encoder.layer.2.output.dense.bias",
        "deit; deit.embeddings.distillation_token",
        "resnet; resnet.embedder.embedder.normalization.running_var",
        "gpt2; transformer.h.1.attn.c_attn.weight",
        "llama; model.layers.1.mlp.down_proj.weight",
        "qwen2; model.layers.0.self_attn.k_proj.bias",
        "smollm3; model.norm.weight",
        "bert; bert.encoder.layer.0.attention.self.value.bias",
        "clip; text_model.final_layer_norm.weight",
        "sam; vision_encoder.neck.conv1.weight",
        "llava; multi_modal_projector.linear_2.bias",
      })
  void aMissingTensorIsNamed(String fixture, String tensor) throws IOException {
    Path model = copy(fixture);
    String other = tensor.substring(0, tensor.length() - 1) + "_";
    edit(model.resolve("model.safetensors"), "\"" + tensor + "\"", "\"" + other + "\"");
    refused(model, "model.safetensors: no tensor \"" + tensor + "\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "gpt2; \"n_inner\": null; \"n_inner\": 95; h.0.mlp.c_fc.weight",
        "llama; \"num_key_value_heads\": 2; \"num_key_value_heads\": 4; self_attn.k_proj.weight",
        "llama; \"vocab_size\": 300; \"vocab_size\": 301; model.embed_tokens.weight",
        "qwen2; \"intermediate_size\": 48; \"intermediate_size\": 47; mlp.gate_proj.weight",
        "bert; \"max_position_embeddings\": 64; \"max_position_embeddings\": 65; position_embeddings",
        "llama; \"num_hidden_layers\": 3; \"num_hidden_layers\": 2147483647; num_hidden_layers",
        "llama; \"num_hidden_layers\": 3; \"num_hidden_layers\": 5000; model.layers.3",
        "gpt2; \"n_layer\": 2; \"n_layer\": 2147483647; blocks",
        "gpt2; \"n_layer\": 2; \"n_layer\": 5000; h.2",
        "smollm3; \"num_attention_heads\": 4; \"num_attention_heads\": 2147483647; heads",
      })
  void aWrongShapeIsNamed(String fixture, String from, String to, String named) throws IOException {
    Path model = copy(fixture);
    edit(model.resolve("config.json"), from, to);
    refused(model, named);
  }

  @Test
  void aTruncatedShardIsNamed() throws IOException {
    Path model = copy("gpt2");
    Path whole = model.resolve("model.safetensors");
    String first = "model-00001-of-00001.safetensors";
    StringBuilder map = new StringBuilder();
    try (SafetensorsFile file = SafetensorsFile.open(whole)) {
      file.names()
          .forEach(
              name ->
                  map.append(map.length() == 0 ? "" : ",")
                      .append("\"%s\":\"%s\"".formatted(name, first)));
    }
    Files.writeString(
        model.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + map + "}}");
    Files.move(whole, model.resolve(first));
    assertThat(opens(model, "shards")).isTrue();
    byte[] bytes = Files.readAllBytes(model.resolve(first));
    for (int length : new int[] {0, 5, 900, bytes.length / 2, bytes.length - 1}) {
      Files.write(model.resolve(first), Arrays.copyOf(bytes, length));
      refused(model, first);
    }
    Files.delete(model.resolve(first));
    refused(model, first + ": no such file");
  }

  @Test
  void picklesAreNeverOpened() throws IOException {
    Path model = copy("bert");
    Files.delete(model.resolve("model.safetensors"));
    // Would be refused for its size alone if it were read.
    Files.write(model.resolve("pytorch_model.bin"), new byte[] {(byte) 0x80, 2, 'c', 'o', 's'});
    refused(model, "pytorch_model.bin", "refused unread");
    Files.writeString(
        model.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"w\":\"pytorch_model.bin\"}}");
    refused(model, "plain file name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert", "clip", "llava"})
  void theTokenizerOfAnotherModelIsNamed(String fixture) throws IOException {
    Path model = copy(fixture);
    StringBuilder tokens = new StringBuilder();
    for (int i = 0; i < 2_000; i++) {
      tokens.append(i == 0 ? "" : ",").append("\"t").append(i).append("\":").append(i);
    }
    Files.writeString(
        model.resolve("tokenizer.json"),
        "{\"version\":\"1.0\",\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"Whitespace\"},"
            + "\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"t0\",\"vocab\":{"
            + tokens
            + "}}}");
    refused(model, "the tokenizer has 2000 tokens, the ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "{{ 'a' * 99999999999 }}"
      })
  void aTemplateWithoutEndFailsWhenItIsUsed(String template) throws IOException {
    Path model = copy("llama");
    Files.writeString(model.resolve("chat_template.jinja"), template);
    try (CausalLm.White lm = Models.causalLm(model)) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      assertThatThrownBy(() -> lm.asChat().ask("hello"))
          .isInstanceOfAny(InvalidModelFile.class, IllegalArgumentException.class)
          .hasMessageContaining("line 1");
      assertThat(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start)
          .isLessThan(SECOND);
    }
  }

  @Test
  void aTemplateOfMegabytesIsRefused() throws IOException {
    Path model = copy("llama");
    Files.writeString(model.resolve("chat_template.jinja"), "{{ x }}".repeat(1 << 19));
    refused(model, "chat template", "characters");
    Files.writeString(model.resolve("chat_template.jinja"), " ".repeat(20 << 20));
    refused(model, "chat_template.jinja", "bytes are more than");
  }

  @Test
  void aGgufModelWithAbsurdMetadataIsRefused() throws IOException {
    assertThat(opens(gguf(Map.of()), "whole")).isTrue();
    try (CausalLm.White lm = Models.causalLm(gguf(Map.of()));
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      NDArray ids = manager.create(new long[] {1, 2, 3}).reshape(1, 3);
      assertThat(lm.logits(ids, LmContext.whole()).getShape().get(2)).isEqualTo(300);
    }
    refused(gguf(Map.of("block_count", 2147483647L)), "block");
    refused(gguf(Map.of("block_count", 4L)), "blk.3.attn_norm.weight");
    refused(gguf(Map.of("block_count", 0L)), "block_count");
    refused(gguf(Map.of("embedding_length", 2147483644L)), "token_embd.weight");
    refused(gguf(Map.of("attention.head_count", 0L)), "attention.head_count");
    refused(gguf(Map.of("attention.head_count", 2147483647L)), "head");
    refused(gguf(Map.of("attention.head_count_kv", 2147483647L)), "head");
    refused(gguf(Map.of("attention.head_count_kv", 0L)), "eads");
    refused(gguf(Map.of("feed_forward_length", 2147483647L)), "ffn_gate.weight");
    refused(gguf(Map.of("context_length", 0L)), "context_length");
    SplittableRandom random = new SplittableRandom(4);
    List<String> keys = List.copyOf(SIZES.keySet());
    long[] values = {0, 1, 2, 3, 7, 64, 4096, 1 << 20, 2147483647L, 4294967295L};
    int opened = 0;
    for (int trial = 0; trial < 60; trial++) {
      Map<String, Long> changes =
          Map.of(keys.get(random.nextInt(keys.size())), values[random.nextInt(values.length)]);
      opened += opens(gguf(changes), changes.toString()) ? 1 : 0;
    }
    assertThat(opened).isBetween(2, 55);
  }

  private static final Map<String, Long> SIZES =
      Map.of(
          "block_count", 3L,
          "embedding_length", 32L,
          "attention.head_count", 4L,
          "attention.head_count_kv", 1L,
          "attention.key_length", 8L,
          "rope.dimension_count", 8L,
          "feed_forward_length", 48L,
          "context_length", 128L);

  /** The fixture qwen2 as a GGUF file, with other sizes in its metadata. */
  private Path gguf(Map<String, Long> changes) {
    GgufBuilder builder =
        new GgufBuilder()
            .text("general.architecture", "qwen2")
            .text("tokenizer.ggml.model", "gpt2")
            .text("tokenizer.ggml.pre", "qwen2")
            .texts("tokenizer.ggml.tokens", IntStream.range(0, 300).mapToObj(i -> "t" + i).toList())
            .texts("tokenizer.ggml.merges", List.of())
            .number("qwen2.attention.layer_norm_rms_epsilon", 1e-6f);
    SIZES.forEach((key, size) -> builder.integer("qwen2." + key, changes.getOrDefault(key, size)));
    try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path("qwen2/model.safetensors"))) {
      for (String name : file.names()) {
        float[] numbers = new float[(int) file.info(name).shape().size()];
        file.raw(name).asFloatBuffer().get(numbers);
        builder.floats(ggufName(name), numbers, file.info(name).shape().getShape());
      }
    }
    return builder.write(folder.resolve("model.gguf"));
  }

  private static String ggufName(String name) {
    return name.replace("model.embed_tokens", "token_embd")
        .replace("model.norm", "output_norm")
        .replace("model.layers", "blk")
        .replace("input_layernorm", "attn_norm")
        .replace("post_attention_layernorm", "ffn_norm")
        .replace("self_attn.o_proj", "attn_output")
        .replaceAll("self_attn\\.([qkv])_proj", "attn_$1")
        .replaceAll("mlp\\.(\\w+)_proj", "ffn_$1");
  }

  @Test
  void whateverStandsInAConfigTheOutcomeIsAModelOrOurError() throws IOException {
    SplittableRandom random = new SplittableRandom(12);
    Pattern value =
        Pattern.compile("(?<=: )(-?[0-9][0-9.e+-]*|true|false|null|\"[^\"]*\")(?=,?\\n)");
    int opened = 0;
    int trials = 0;
    for (String fixture :
        List.of("vit", "deit", "resnet", "gpt2", "llama", "qwen2", "smollm3", "bert")) {
      Path model = copy(fixture);
      Path config = model.resolve("config.json");
      String text = Files.readString(config);
      List<int[]> places =
          value.matcher(text).results().map(m -> new int[] {m.start(), m.end()}).toList();
      for (int trial = 0; trial < 16; trial++) {
        int[] place = places.get(random.nextInt(places.size()));
        String absurd = ABSURD.get(random.nextInt(ABSURD.size()));
        Files.writeString(config, text.substring(0, place[0]) + absurd + text.substring(place[1]));
        String line = text.substring(text.lastIndexOf('\n', place[0]) + 1, place[1]);
        opened += opens(model, fixture + ":" + line + " -> " + absurd) ? 1 : 0;
        trials++;
      }
    }
    assertThat(opened).isBetween(trials / 10, trials * 9 / 10);
  }

  @Test
  void whateverStandsInATokenizerTheOutcomeIsAModelOrOurError() throws IOException {
    SplittableRandom random = new SplittableRandom(13);
    int opened = 0;
    for (String fixture : List.of("gpt2", "bert")) {
      Path model = copy(fixture);
      Path file = model.resolve("tokenizer.json");
      byte[] bytes = Files.readAllBytes(file);
      for (int trial = 0; trial < 150; trial++) {
        byte[] mutated = bytes.clone();
        for (int k = random.nextInt(3); k >= 0; k--) {
          int at = random.nextInt(bytes.length);
          String damage = trial % 2 == 0 ? DAMAGE : LETTERS;
          mutated[at] = (byte) damage.charAt(random.nextInt(damage.length()));
        }
        Files.write(file, mutated);
        opened += opens(model, fixture + " tokenizer " + trial) ? 1 : 0;
      }
    }
    assertThat(opened).isBetween(1, 280);
  }
}
