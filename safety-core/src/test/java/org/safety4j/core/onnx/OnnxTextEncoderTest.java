package org.safety4j.core.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.nn.bert.Pooling;
import org.safety4j.core.tensor.Scope;

/** {@code bert/model.onnx} is the encoder of the fixture bert, made by make_bert_onnx.py. */
class OnnxTextEncoderTest {
  private static final List<String> TEXTS = List.of("open the door", "tell", "a red potion and a");
  @TempDir Path folder;

  private static Path file() throws Exception {
    return Path.of(OnnxTextEncoderTest.class.getResource("bert/model.onnx").toURI());
  }

  @ParameterizedTest
  @CsvSource({"MEAN, false", "MEAN, true", "FIRST, false", "FIRST, true"})
  void vectorsAreThoseOfTheModelThatTheFileWasMadeOf(Pooling.Mode mode, boolean normalised)
      throws Exception {
    Pooling pooling = new Pooling(mode, normalised);
    try (OnnxTextEncoder onnx = OnnxTextEncoder.open(file(), pooling);
        TextEncoder.White bert =
            LanguageModels.textEncoder(ModelFiles.in(Fixtures.path("bert")), pooling);
        Scope scope = Scope.open()) {
      NDArray expected = bert.embed(TEXTS);
      assertThat(onnx.width()).isEqualTo(24);
      assertThat(onnx.embed(TEXTS).sub(expected).abs().max().getFloat()).isLessThan(1e-5f);
      assertThat(onnx.embed(TEXTS.subList(1, 2)).sub(expected.get("1:2")).abs().max().getFloat())
          .isLessThan(1e-5f);
    }
  }

  @Test
  void damagedAndMissingFilesAreNamed() throws Exception {
    byte[] bytes = Files.readAllBytes(file());
    for (int length : new int[] {0, 10, bytes.length / 2}) {
      Path cut = Files.write(folder.resolve("cut.onnx"), Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> OnnxTextEncoder.open(cut, Pooling.mean()))
          .isInstanceOfAny(InvalidModelFile.class, UnsupportedModel.class)
          .hasMessageContaining("cut.onnx");
    }
    assertThatThrownBy(() -> OnnxTextEncoder.open(folder.resolve("none.onnx"), Pooling.mean()))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("none.onnx");
    Path alone = Files.write(folder.resolve("alone.onnx"), bytes);
    assertThatThrownBy(() -> OnnxTextEncoder.open(alone, Pooling.mean()))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("tokenizer.json");
  }

  @Test
  void aGraphThatIsNoEncoderIsNamed() throws Exception {
    Path pictures = Path.of(OnnxTextEncoderTest.class.getResource("small.onnx").toURI());
    assertThatThrownBy(() -> OnnxTextEncoder.open(pictures, Pooling.mean()))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("an encoder of texts takes input_ids");
    assertThatThrownBy(() -> OnnxClassifier.open(file()))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("one input of images");
  }

  @Test
  void textsThatAreTooLongAndTokenizersOfOthersAreNamed() throws Exception {
    try (OnnxTextEncoder onnx = OnnxTextEncoder.open(file(), Pooling.mean())) {
      assertThatThrownBy(() -> onnx.embed(List.of("a ".repeat(200))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("may be too long");
      assertThatThrownBy(() -> onnx.embed(List.of())).hasMessageContaining("texts");
    }
    Path other = copyWithTokenizerOf("gpt2");
    try (OnnxTextEncoder onnx = OnnxTextEncoder.open(other, Pooling.mean())) {
      assertThatThrownBy(() -> onnx.embed(List.of("the quick brown fox")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("tokenizer is of another model");
    }
  }

  private Path copyWithTokenizerOf(String fixture) throws Exception {
    Files.copy(Fixtures.path(fixture).resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    return Files.copy(file(), folder.resolve("model.onnx"));
  }

  @Test
  void mutatedFilesOpenOrFailInOneOfTwoWays() throws Exception {
    byte[] bytes = Files.readAllBytes(file());
    Files.copy(Fixtures.path("bert").resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    java.util.SplittableRandom random = new java.util.SplittableRandom(3);
    int refused = 0;
    for (int trial = 0; trial < 150; trial++) {
      byte[] mutated = bytes.clone();
      for (int k = random.nextInt(8); k >= 0; k--) {
        mutated[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      refused += refused(Files.write(folder.resolve("m.onnx"), mutated)) ? 1 : 0;
    }
    assertThat(refused).isBetween(5, 149);
  }

  private static boolean refused(Path file) throws IOException {
    try (OnnxTextEncoder onnx = OnnxTextEncoder.open(file, Pooling.mean());
        NDArray vectors = onnx.embed(TEXTS)) {
      return vectors == null;
    } catch (InvalidModelFile | UnsupportedModel | IllegalArgumentException e) {
      assertThat(e.getMessage()).contains("m.onnx");
      return true;
    }
  }
}
