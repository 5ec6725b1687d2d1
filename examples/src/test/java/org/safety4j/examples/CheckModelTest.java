package org.safety4j.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On the fixtures of the core's tests, copied under names that say nothing. */
class CheckModelTest {
  private static final Path FIXTURES = Path.of("../safety-core/src/test/resources/fixtures");
  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int check(Object... args) {
    String[] strings = Stream.of(args).map(Object::toString).toArray(String[]::new);
    return CheckModel.run(
        strings, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
  }

  private List<String[]> lines() {
    List<String[]> lines = new ArrayList<>();
    out.toString(UTF_8).lines().forEach(line -> lines.add(line.split("\t", -1)));
    return lines;
  }

  private Path copy(String fixture, String name) {
    Path to = folder.resolve(name);
    try (Stream<Path> files = Files.walk(FIXTURES.resolve(fixture))) {
      for (Path file : files.toList()) {
        Path target = to.resolve(FIXTURES.resolve(fixture).relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyFixtureIsCheckedUnderAnyNameAndAgrees() throws IOException {
    List<String> fixtures =
        List.of(
            "autoencoder-kl",
            "bert",
            "clip",
            "deit",
            "gpt2",
            "llama",
            "llama-lora",
            "llava",
            "preprocess",
            "qwen2",
            "resnet",
            "sam",
            "schedulers",
            "smollm3",
            "unet2d",
            "unet2d-condition",
            "unet2d-condition-lora",
            "vit");
    List<Path> copies = new ArrayList<>();
    for (String fixture : fixtures) {
      copies.add(copy(fixture, "m" + copies.size()));
    }
    Path templates = Files.createDirectories(folder.resolve("t"));
    Files.copy(
        Path.of("../safety-core/src/test/resources/org/safety4j/core/text/chat_templates.jsonl"),
        templates.resolve("chats.jsonl"));
    copies.add(templates);

    assertThat(check(copies.toArray())).as(err.toString(UTF_8)).isZero();
    assertThat(lines())
        .allSatisfy(
            line -> {
              assertThat(line).hasSize(5);
              assertThat(line[4]).isEqualTo("ok");
              assertThat(Double.parseDouble(line[3])).isBetween(0.0, 1e-4);
            });
    assertThat(lines().stream().map(line -> line[0]).distinct())
        .containsExactlyElementsOf(copies.stream().map(Path::toString).toList());
    assertThat(lines().stream().map(line -> line[1]))
        .contains(
            "logits",
            "hidden",
            "attention",
            "greedy",
            "beam3",
            "left_padded_last_logits",
            "mean_pooled",
            "text_embeds",
            "box_masks",
            "image_embeddings",
            "noise",
            "decoded",
            "clip.pixel_values",
            "ddim.linear.epsilon.5.final",
            "add_noise_t250",
            "tools",
            "grad.images",
            "grad.embeddings",
            "grad.text");
    assertThat(err.toString(UTF_8))
        .contains("\"../llama\" is not there", "\"../unet2d-condition\" is not there")
        .hasLineCount(2);
  }

  @ParameterizedTest
  @CsvSource({
    "vit, model.safetensors, vit.encoder.layer.1.output.dense.bias, logits",
    "bert, model.safetensors, bert.embeddings.word_embeddings.weight, logits",
    "gpt2, model.safetensors, transformer.h.1.mlp.c_fc.bias, grad.embeddings",
    "unet2d, diffusion_pytorch_model.safetensors, conv_out.bias, noise",
    "sam, model.safetensors, mask_decoder.iou_token.weight, iou",
    "llama-lora, adapter_model.safetensors,"
        + " base_model.model.model.layers.1.mlp.down_proj.lora_A.weight, logits",
    "unet2d-condition-lora, adapter_model.safetensors,"
        + " base_model.model.mid_block.resnets.0.conv1.lora_A.weight, noise"
  })
  void changedWeightsAreOff(String fixture, String file, String tensor, String output)
      throws IOException {
    copy("llama", "llama");
    copy("unet2d-condition", "unet2d-condition");
    Path changed = copy(fixture, "changed");
    change(changed.resolve(file), tensor);
    assertThat(check(changed)).isEqualTo(1);
    assertThat(lines())
        .anySatisfy(
            line -> {
              assertThat(line[1]).isEqualTo(output);
              assertThat(Double.parseDouble(line[2])).isGreaterThan(1e-4);
              assertThat(line[4]).isEqualTo("OFF");
            });
  }

  /** Adds a tenth to every second value of a tensor. */
  private static void change(Path file, String tensor) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int header = 8 + (int) buffer.getLong(0);
    String json = new String(bytes, 8, header - 8, UTF_8);
    String entry = json.substring(json.indexOf("\"" + tensor + "\""));
    String[] offsets =
        entry.replaceFirst("(?s).*?\"data_offsets\":\\[(\\d+,\\d+)].*", "$1").split(",");
    for (int at = Integer.parseInt(offsets[0]); at < Integer.parseInt(offsets[1]); at += 8) {
      buffer.putFloat(header + at, buffer.getFloat(header + at) + 0.1f);
    }
    Files.write(file, bytes);
  }

  @Test
  void whatCannotBeOpenedIsOneLineOnEitherStream() throws IOException {
    Path cut = copy("vit", "cut");
    byte[] weights = Files.readAllBytes(cut.resolve("model.safetensors"));
    Files.write(cut.resolve("model.safetensors"), java.util.Arrays.copyOf(weights, 5_000));
    Path strange = copy("resnet", "strange");
    Files.writeString(strange.resolve("config.json"), "{\"architectures\": [\"FuyuForCausalLM\"]}");
    Path broken = copy("gpt2", "broken");
    Files.writeString(broken.resolve("io.safetensors"), "no tensors at all");
    Path alone = copy("llama-lora", "alone");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    Path none = folder.resolve("none");
    assertThat(check(cut, strange, broken, alone, empty, none)).isEqualTo(1);
    assertThat(lines())
        .hasSize(6)
        .allSatisfy(line -> assertThat(line).hasSize(5).endsWith("-", "-", "OFF"));
    assertThat(err.toString(UTF_8).lines())
        .hasSize(6)
        .allMatch(line -> line.startsWith("CheckModel: " + folder))
        .doesNotContainSequence("\tat ");
    assertThat(err.toString(UTF_8))
        .contains("FuyuForCausalLM", "\"../llama\"", "no such folder", "truncated");
  }

  @Test
  void outputsThatNobodyKnowsAndWrongShapesAreOff() throws IOException {
    Path renamed = copy("resnet", "renamed");
    Path io = renamed.resolve("io.safetensors");
    byte[] bytes =
        new String(Files.readAllBytes(io), java.nio.charset.StandardCharsets.ISO_8859_1)
            .replace("out.logits", "out.lagits")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    Files.write(io, bytes);
    Path swapped = copy("vit", "swapped");
    Files.copy(
        FIXTURES.resolve("deit/io.safetensors"),
        swapped.resolve("io.safetensors"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(check(renamed, swapped)).isEqualTo(1);
    assertThat(err.toString(UTF_8)).contains("lagits: no such output is known");
    assertThat(err.toString(UTF_8)).contains("logits: has shape (2, 7)");
  }

  @Test
  void modelsWithoutReferenceAreDescribed() throws IOException {
    for (String fixture : List.of("vit", "llama", "bert", "clip", "sam", "llava", "unet2d")) {
      Files.delete(copy(fixture, fixture).resolve("io.safetensors"));
    }
    Files.delete(copy("pipeline-text", "pipeline").resolve("io.safetensors"));
    try (Stream<Path> folders = Files.list(folder)) {
      assertThat(check(folders.sorted().toArray())).as(err.toString(UTF_8)).isZero();
    }
    assertThat(out.toString(UTF_8))
        .contains(
            "image classifier ViTForImageClassification, 7 classes, images (3, 24, 24)",
            "language model LlamaForCausalLM, context of 256 tokens",
            "text classifier BertForSequenceClassification, 3 classes",
            "dual encoder CLIPModel",
            "segmenter SamModel",
            "vision-language model LlavaForConditionalGeneration",
            "denoiser, ",
            "diffusion model StableDiffusionPipeline, images (3, 16, 16), from text",
            "parameters\t-\t-\tok");
    assertThat(err.size()).isZero();
  }

  @Test
  void realModelsAgreeWithTheirReferences() throws IOException {
    Path models = Path.of(System.getProperty("safety4j.models", "none"));
    Assumptions.assumeTrue(Files.isDirectory(models), () -> models + " is not there");
    try (Stream<Path> folders = Files.list(models)) {
      List<Path> small =
          folders
              .filter(Files::isDirectory)
              .filter(f -> !f.endsWith("smollm2-135m-instruct"))
              .sorted()
              .toList();
      assertThat(check(small.toArray())).as(err.toString(UTF_8)).isZero();
      assertThat(lines().stream().map(line -> line[1]))
          .contains("embeddings", "top1", "gradient_of_cross_entropy_at_prediction");
    }
  }

  @Test
  void wrongArgumentsEndWithTwo() {
    assertThat(check()).isEqualTo(2);
    assertThat(check("--picture", "x")).isEqualTo(2);
    assertThat(check("--pictures")).isEqualTo(2);
    assertThat(err.toString(UTF_8))
        .contains("name at least one folder", "unknown argument \"--picture\"", "needs a folder");
    assertThat(out.size()).isZero();
    assertThat(check("--help")).isZero();
    assertThat(out.toString(UTF_8)).contains("io.safetensors", "--pictures FOLDER");
  }
}
