package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.core.nn.DifferentiableClassifier;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.resnet.ResNetConfig;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vit.VitConfig;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class ModelsTest {
  private static final String PREPROCESSOR =
      "{\"size\":{\"height\":2,\"width\":2},\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.25,0.25,0.25]}";
  private NDManager manager;
  @TempDir private Path folder;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private Path copy(String fixture) throws IOException {
    Path copy = Files.createDirectories(folder.resolve(fixture));
    try (Stream<Path> files = Files.list(Fixtures.path(fixture))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static void edit(Path file, String from, String to) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "deit", "resnet"})
  void aSavedModelOpensAsTheSameModel(String fixture) {
    Path saved = folder.resolve("saved");
    try (ImageClassifier.White model = Models.imageClassifier(Fixtures.path(fixture))) {
      Models.save(model, saved);
      try (ImageClassifier.White again = Models.imageClassifier(saved);
          SafetensorsFile before =
              SafetensorsFile.open(Fixtures.path(fixture + "/model.safetensors"));
          SafetensorsFile after = SafetensorsFile.open(saved.resolve("model.safetensors"))) {
        NDArray images = Rng.of(1).uniform(manager, new Shape(2).addAll(model.inputShape()), 0, 1);
        assertThat(again.logits(images)).isEqualTo(model.logits(images));
        assertThat(again.card().architecture()).isEqualTo(model.card().architecture());
        assertThat(again.card().name()).isEqualTo("saved");
        assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
        for (String name : before.names()) {
          assertThat(after.info(name)).isEqualTo(before.info(name));
        }
      }
    }
  }

  @Test
  void smallStemsAndTrainedStatisticsAreSaved() {
    ResNetConfig config = ResNetConfig.small(8, 1, List.of(4, 8), 3);
    NDArray images = Rng.of(1).uniform(manager, new Shape(4, 1, 8, 8), 0, 1);
    try (ResNet net = ResNet.initial(config, Normalization.same(1, 0.4, 0.2), Rng.of(2), "net")) {
      net.forward(images, true);
      Models.save(net, folder);
      try (ImageClassifier.White again = Models.imageClassifier(folder)) {
        assertThat(again.logits(images)).isEqualTo(net.logits(images));
      }
    }
  }

  @Test
  void modelsAreTheTypesThatTheyAre() {
    try (VisionTransformer.White vit =
            Models.open(Fixtures.path("vit"), VisionTransformer.White.class);
        TrainableClassifier net = Models.open(Fixtures.path("resnet"), TrainableClassifier.class)) {
      assertThat(vit.blocks()).isEqualTo(3);
      assertThat(vit.heads()).isEqualTo(3);
      assertThat(vit.patchSize()).isEqualTo(6);
      assertThat(vit.card().parameters())
          .isEqualTo(
              vit instanceof TrainableClassifier t
                  ? t.parameters().values().stream().mapToLong(NDArray::size).sum()
                  : -1);
      assertThat(((DifferentiableClassifier) net).classNames()).hasSize(6).startsWith("LABEL_0");
    }
    assertThatThrownBy(() -> Models.open(Fixtures.path("resnet"), VisionTransformer.White.class))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("ResNetForImageClassification is not a VisionTransformer.White");
  }

  @Test
  void everyFamilyOpensInOneLine() {
    List<Model> opened =
        List.of(
            Models.causalLm(Fixtures.path("gpt2")),
            Models.causalLm(Fixtures.path("llama")),
            Models.textClassifier(Fixtures.path("bert")),
            Models.textEncoder(Fixtures.path("bert")),
            Models.dualEncoder(Fixtures.path("clip")),
            Models.segmenter(Fixtures.path("sam")),
            Models.visionLanguageModel(Fixtures.path("llava")),
            Models.diffusionModel(Fixtures.path("pipeline-text")));
    for (Model model : opened) {
      try (model;
          Model again = Models.open(Path.of(model.card().origin()), Model.class)) {
        assertThat(again.card().architecture()).isNotBlank();
        assertThat(again.card().name()).isEqualTo(model.card().name());
      }
    }
    assertThatThrownBy(() -> Models.causalLm(Fixtures.path("bert")))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("BertForSequenceClassification is not a CausalLm.White");
    assertThatThrownBy(() -> Models.segmenter(Fixtures.path("pipeline-text")))
        .hasMessageContaining("a pipeline of diffusers is not a Segmenter.White");
    assertThatThrownBy(() -> Models.diffusionModel(Fixtures.path("unet2d")))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("\"UNet2DModel\", a part of a pipeline");
  }

  @Test
  void theOnlyGgufFileOfAFolderIsItsModel() throws IOException {
    Path file = Files.writeString(folder.resolve("a.gguf"), "GGUF, but not really");
    for (Path path : List.of(folder, file)) {
      assertThatThrownBy(() -> Models.causalLm(path))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("a.gguf");
    }
    assertThatThrownBy(() -> Models.imageClassifier(folder))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("a language model in a GGUF file is not a ImageClassifier.White");
    Files.copy(file, folder.resolve("b.GGUF"));
    assertThatThrownBy(() -> Models.open(folder, Model.class))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("several GGUF files; name one: a.gguf, b.GGUF");
  }

  @Test
  void modelsOpenFromTheClassPath() {
    try (ImageClassifier.White file = Models.imageClassifier(Fixtures.path("vit"));
        ImageClassifier.White resource =
            Models.imageClassifier(ModelFiles.beside(ModelsTest.class, "/fixtures/vit"))) {
      NDArray images = Rng.of(1).uniform(manager, new Shape(2, 3, 24, 24), 0, 1);
      assertThat(resource.logits(images)).isEqualTo(file.logits(images));
      assertThat(resource.card().name()).isEqualTo("vit");
    }
    assertThatThrownBy(
            () -> Models.imageClassifier(ModelFiles.beside(ModelsTest.class, "/fixtures/none")))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("/fixtures/none/config.json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"ViTForImageClassification\" | \"ViTForImageClasification\" | near: \"ViTForImageClassification\"",
        "\"ViTForImageClassification\" | \"FuyuForCausalLM\" | \"FuyuForCausalLM\" is not supported",
        "\"hidden_act\": \"gelu\" | \"hidden_act\": \"maxout\" | \"maxout\"",
        "\"hidden_size\": 24 | \"hidden_size\": 36 | the config asks for",
        "\"hidden_size\": 24 | \"hidden_size\": 25 | width must be divisible by heads",
        "\"hidden_size\": 24 | \"hidden_size\": 2147483646 | the config asks for",
        "\"num_hidden_layers\": 3 | \"num_hidden_layers\": 2000000000 | vit.encoder.layer.3",
        "\"num_attention_heads\": 3, | '' | \"num_attention_heads\" is missing",
        "\"image_size\": 24 | \"image_size\": 30 | the preprocessor gives pictures of 24x24",
        "\"patch_size\": 6 | \"patch_size\": 0 | \"patch_size\" must be an integer of at least 1, was 0",
      })
  void whatIsWrongInTheConfigIsNamed(String from, String to, String message) throws IOException {
    Path vit = copy("vit");
    edit(vit.resolve("config.json"), from, to);
    assertThatThrownBy(() -> Models.imageClassifier(vit))
        .isInstanceOfAny(InvalidModelFile.class, UnsupportedModel.class)
        .hasMessageContaining(message);
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    for (String file : List.of("config.json", "preprocessor_config.json", "model.safetensors")) {
      Path vit = copy("vit");
      Files.delete(vit.resolve(file));
      assertThatThrownBy(() -> Models.imageClassifier(vit))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining(file);
      try (Stream<Path> rest = Files.list(vit)) {
        for (Path path : rest.toList()) {
          Files.delete(path);
        }
      }
    }
    assertThatThrownBy(() -> Models.imageClassifier(folder.resolve("nowhere")))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("no such file or folder");
    assertThatThrownBy(() -> Models.imageClassifier(Fixtures.path("vit/model.safetensors")))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("name its folder");
  }

  @Test
  void onlyWhatCanBeSavedIsSaved() throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), PREPROCESSOR);
    torchScript(folder.resolve("model.pt"), "    return torch.flatten(x, 1)\n");
    try (ImageClassifier.White model = Models.imageClassifier(folder)) {
      assertThatThrownBy(() -> Models.save(model, folder.resolve("x")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("only a Vit, ResNet, Clip");
    }
  }

  /** Writes what torch.jit.save writes, for a module without parameters. */
  private static void torchScript(Path file, String body) throws IOException {
    String code =
        "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
            + "  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n"
            + body;
    byte[] training = "training".getBytes(StandardCharsets.US_ASCII);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      store(zip, "net/version", "10\n".getBytes(StandardCharsets.US_ASCII));
      store(zip, "net/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      byte[] head =
          "\u0080\u0002c__torch__\nNet\n)\u0081}(X\u0008\0\0\0"
              .getBytes(StandardCharsets.ISO_8859_1);
      byte[] tail = "\u0089ub.".getBytes(StandardCharsets.ISO_8859_1);
      byte[] data = new byte[head.length + training.length + tail.length];
      System.arraycopy(head, 0, data, 0, head.length);
      System.arraycopy(training, 0, data, head.length, training.length);
      System.arraycopy(tail, 0, data, head.length + training.length, tail.length);
      store(zip, "net/data.pkl", data);
      store(zip, "net/code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void store(ZipOutputStream zip, String name, byte[] data) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(data);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(data.length);
    entry.setCompressedSize(data.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }

  /**
   * logits = flattened (x - 0.5) / 0.25, squared: the gradient of their sum is 2 (x - 0.5) /
   * 0.25^2.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void torchScriptIsNormalisedAndDifferentiated(boolean byFile) throws IOException {
    Path file = folder.resolve("model.pt");
    Files.writeString(folder.resolve("preprocessor_config.json"), PREPROCESSOR);
    torchScript(file, "    return torch.flatten(x * x, 1)\n");
    NDArray images = Rng.of(1).uniform(manager, new Shape(3, 3, 2, 2), 0, 1);
    try (ImageClassifier.White model = Models.imageClassifier(byFile ? file : folder);
        Linearized at = model.linearize(images)) {
      assertThat(model.classes()).isEqualTo(12);
      assertThat(model.inputShape()).isEqualTo(new Shape(3, 2, 2));
      NDArray scaled = images.sub(0.5f).div(0.25f);
      assertThat(at.logits().sub(scaled.square().reshape(3, 12)).abs().max().getFloat())
          .isLessThan(1e-5f);
      NDArray gradient = at.pullback(at.logits().onesLike());
      assertThat(gradient.sub(scaled.mul(8f)).abs().max().getFloat()).isLessThan(1e-4f);
      assertThatThrownBy(() -> model.features(images, "x"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return x | gives (1, 3, 2, 2) for one picture",
        "return torch.flatten(x, 1).detach() | no gradient for the input",
        "return torch.matmul(x, torch.zeros([3, 5])) | does not run on a picture of shape (1, 3, 2, 2)",
        "return torch.nosuchop(x) | libtorch cannot load it",
        "return torch.log(torch.sub(torch.flatten(x, 1), 9)) | gives NaN or infinite scores",
      })
  void torchScriptThatIsNoClassifierIsNamed(String body, String message) throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), PREPROCESSOR);
    torchScript(folder.resolve("model.pt"), "    " + body + "\n");
    assertThatThrownBy(() -> Models.imageClassifier(folder))
        .isInstanceOfAny(InvalidModelFile.class, UnsupportedModel.class)
        .hasMessageContaining("model.pt")
        .hasMessageContaining(message);
  }

  @Test
  void picklesUnderTheNameOfTorchScriptAreRefused() throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), PREPROCESSOR);
    Path old = Files.write(folder.resolve("old.pt"), new byte[] {(byte) 0x80, 2, '}', '.'});
    assertThatThrownBy(() -> Models.imageClassifier(old))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("refused unread");
    Path state = folder.resolve("state.pt");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(state))) {
      store(zip, "archive/data.pkl", new byte[] {(byte) 0x80, 2, '}', '.'});
    }
    assertThatThrownBy(() -> Models.imageClassifier(state))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("no TorchScript code");
    Path cut = folder.resolve("cut.pt");
    torchScript(cut, "    return x\n");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), 300));
    assertThatThrownBy(() -> Models.imageClassifier(cut))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("damaged");
  }

  @Test
  void zipBombsAreRefused() throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), PREPROCESSOR);
    Path bomb = folder.resolve("bomb.pt");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(bomb))) {
      zip.putNextEntry(new ZipEntry("net/code/__torch__.py"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 100; i++) {
        zip.write(zeros);
      }
      zip.closeEntry();
    }
    assertThatThrownBy(() -> Models.imageClassifier(bomb))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("bomb");
  }

  @Test
  void torchScriptWithoutItsPreprocessorIsNamed() throws IOException {
    torchScript(folder.resolve("model.pt"), "    return torch.flatten(x, 1)\n");
    assertThatThrownBy(() -> Models.imageClassifier(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("preprocessor_config.json: no such file");
  }

  @Test
  void nonFiniteWeightsAreRefused() throws IOException {
    try (Vit vit =
        Vit.initial(
            VitConfig.small(8, 3, 4, 8, 1, 2, 3), Normalization.imageNet(), Rng.of(1), "x")) {
      vit.parameters().get("classifier.bias").addi(Float.NaN);
      Models.save(vit, folder);
    }
    assertThatThrownBy(() -> Models.imageClassifier(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("\"classifier.bias\" holds NaN");
  }
}
