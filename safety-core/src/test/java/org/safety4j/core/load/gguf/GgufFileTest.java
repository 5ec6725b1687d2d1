package org.safety4j.core.load.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.StoredType;
import org.safety4j.core.tensor.Tensors;

class GgufFileTest {
  @TempDir Path folder;

  private static GgufBuilder small() {
    float[] numbers = new float[12];
    for (int i = 0; i < 12; i++) {
      numbers[i] = i - 5.5f;
    }
    return new GgufBuilder()
        .text("general.architecture", "llama")
        .integer("llama.block_count", 2)
        .number("llama.rope.freq_base", 10_000f)
        .flag("tokenizer.ggml.add_bos_token", true)
        .texts("tokenizer.ggml.tokens", List.of("a", "b\u0120", "", "\u6f22"))
        .integers("tokenizer.ggml.token_type", 1, 3, -1)
        .numbers("tokenizer.ggml.scores", -0.5f, 2f)
        .floats("a.weight", numbers, 3, 4)
        .floats("b.weight", new float[] {1, 2}, 2);
  }

  private Path write(GgufBuilder builder) {
    return builder.write(folder.resolve("model.gguf"));
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("model.gguf"), bytes);
  }

  @Test
  void readsIntoAnArrayAndPutsRowsElsewhere() {
    try (GgufFile file = GgufFile.open(write(small()));
        NDManager manager = Tensors.newManager()) {
      NDArray all = manager.zeros(new Shape(5, 4));
      file.read("a.weight", all.get("1:4"), row -> (row + 1) % 3);
      assertThat(all.toFloatArray())
          .containsExactly(
              0, 0, 0, 0, 2.5f, 3.5f, 4.5f, 5.5f, -5.5f, -4.5f, -3.5f, -2.5f, -1.5f, -0.5f, 0.5f,
              1.5f, 0, 0, 0, 0);
      NDArray pair = manager.zeros(new Shape(2));
      file.read("b.weight", pair, row -> 1 - row);
      assertThat(pair.toFloatArray()).containsExactly(2, 1);
      assertThatThrownBy(() -> file.read("a.weight", pair, row -> row))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("target", "(3, 4)", "(2)");
      NDArray wide = manager.zeros(new Shape(2), DataType.FLOAT64);
      assertThatThrownBy(() -> file.read("b.weight", wide, row -> row))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("target", "float32", "float64");
    }
  }

  /** Rows of six numbers, which do not divide the pieces of 2^14 that are read at once. */
  @Test
  void rowsMayCrossPiecesOfTheFile() {
    int rows = 6_000;
    float[] numbers = new float[6 * rows];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    GgufBuilder builder = small().floats("c.weight", numbers, rows, 6);
    try (GgufFile file = GgufFile.open(write(builder));
        NDManager manager = Tensors.newManager()) {
      NDArray turned = manager.zeros(new Shape(rows, 6));
      file.read("c.weight", turned, row -> rows - 1 - row);
      float[] found = turned.toFloatArray();
      for (int i = 0; i < numbers.length; i++) {
        assertThat(found[(rows - 1 - i / 6) * 6 + i % 6]).isEqualTo(i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsMetadataByType(int version) {
    try (GgufFile file = GgufFile.open(write(small().version(version)))) {
      GgufMetadata values = file.values();
      assertThat(values.string("general.architecture")).isEqualTo("llama");
      assertThat(values.size("llama.block_count")).isEqualTo(2);
      assertThat(values.number("llama.rope.freq_base")).isEqualTo(10_000);
      assertThat(values.flag("tokenizer.ggml.add_bos_token", false)).isTrue();
      assertThat(values.strings("tokenizer.ggml.tokens"))
          .containsExactly("a", "b\u0120", "", "\u6f22");
      assertThat(values.integers("tokenizer.ggml.token_type")).containsExactly(1, 3, -1);
      assertThat(values.numbers("tokenizer.ggml.scores")).containsExactly(-0.5, 2);
      assertThat(values.integer("absent", 7)).isEqualTo(7);
      assertThat(file.metadata())
          .containsEntry("llama.block_count", "2")
          .doesNotContainKey("tokenizer.ggml.tokens");
      assertThatThrownBy(() -> values.string("llama.block_count"))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("llama.block_count")
          .hasMessageContaining("\"2\"");
      assertThatThrownBy(() -> values.integer("nothing"))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("model.gguf")
          .hasMessageContaining("nothing");
    }
  }

  @Test
  void tensorsHaveTheSlowestAxisFirst() {
    try (GgufFile file = GgufFile.open(write(small()));
        NDManager manager = Tensors.newManager()) {
      assertThat(file.names()).containsExactly("a.weight", "b.weight");
      assertThat(file.info("a.weight").shape()).isEqualTo(new Shape(3, 4));
      assertThat(file.info("a.weight").type()).isEqualTo(StoredType.F32);
      NDArray a = file.read("a.weight", manager);
      assertThat(a.getShape()).isEqualTo(new Shape(3, 4));
      assertThat(a.getFloat(1, 2)).isEqualTo(0.5f);
      assertThat(file.read("b.weight", manager).toFloatArray()).containsExactly(1, 2);
      assertThat(file.raw("b.weight").getFloat(4)).isEqualTo(2f);
      assertThatThrownBy(() -> file.info("a.weigth"))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("near: \"a.weight\"");
    }
  }

  @Test
  void severalThreadsGiveTheSameNumbers() {
    byte[] bytes = new byte[34 * 4_096];
    new Random(3).nextBytes(bytes);
    for (int i = 0; i < bytes.length; i += 34) {
      bytes[i + 1] = 0x3c;
    }
    try (GgufFile file =
        GgufFile.open(write(new GgufBuilder().tensor("q", 8, bytes, 128, 1_024)))) {
      FloatBuffer one = FloatBuffer.allocate(131_072);
      FloatBuffer four = FloatBuffer.allocate(131_072);
      file.dequantise("q", one);
      file.withThreads(4).dequantise("q", four);
      assertThat(four.array()).isEqualTo(one.array());
      assertThat(one.get(131_071)).isNotZero();
      assertThatThrownBy(() -> file.raw("q"))
          .isInstanceOf(UnsupportedModel.class)
          .hasMessageContaining("Q8_0");
    }
  }

  @Test
  void alignmentOfTheFileIsHonoured() {
    Path file =
        write(
            new GgufBuilder()
                .alignment(256)
                .floats("a", new float[] {1}, 1)
                .floats("b", new float[] {2}, 1));
    try (GgufFile open = GgufFile.open(file);
        NDManager manager = Tensors.newManager()) {
      assertThat(open.tensor("b").offset() % 256).isZero();
      assertThat(open.read("b", manager).getFloat()).isEqualTo(2f);
    }
  }

  @Test
  void unknownQuantisationIsNamed() {
    assertThatThrownBy(
            () -> GgufFile.open(write(new GgufBuilder().tensor("blk.0.w", 10, new byte[84], 256))))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("blk.0.w")
        .hasMessageContaining("Q2_K");
    assertThatThrownBy(
            () -> GgufFile.open(write(new GgufBuilder().tensor("w", 77, new byte[84], 256))))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("unknown type 77");
  }

  @Test
  void otherVersionsAndByteOrdersAreNamed() {
    assertThatThrownBy(() -> GgufFile.open(write(small().version(1))))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("version 1");
    assertThatThrownBy(() -> GgufFile.open(write(small().version(3 << 24))))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("big-endian");
  }

  private void refused(byte[] bytes, String reason) throws IOException {
    Path file = write(bytes);
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining(reason);
  }

  @Test
  void absurdSizesAndOffsetsAreRefused() throws IOException {
    byte[] bytes = small().bytes();
    refused(new byte[0], "not a GGUF file");
    refused(Arrays.copyOf(bytes, 20), "not a GGUF file");
    refused(Arrays.copyOf(bytes, bytes.length - 1), "truncated");
    refused(with(bytes, 8, -1L), "18446744073709551615 tensors");
    refused(with(bytes, 16, 1L << 40), "metadata values");
    refused(with(bytes, 24, Long.MAX_VALUE), "key of metadata value 0");
    refused(new GgufBuilder().raw("list", 9, list(4, 1L << 61)).bytes(), "elements");
    refused(
        new GgufBuilder().raw("text", 8, new byte[] {-1, -1, -1, -1, -1, -1, -1, 127}).bytes(),
        "text");
    refused(new GgufBuilder().raw("odd", 99, new byte[8]).bytes(), "unknown value type 99");
    refused(new GgufBuilder().raw("flag", 7, new byte[] {2}).bytes(), "boolean");
    refused(new GgufBuilder().integer("k", 1).integer("k", 2).bytes(), "twice");
    refused(new GgufBuilder().integer("general.alignment", 24).bytes(), "power of two");
    refused(new GgufBuilder().integer("general.alignment", 0).bytes(), "power of two");
    refused(
        new GgufBuilder().raw("bad", 8, new byte[] {1, 0, 0, 0, 0, 0, 0, 0, -1}).bytes(), "UTF-8");
    byte[] four = new byte[4];
    refused(new GgufBuilder().tensorAt("t", 0, four, 1L << 40, 1).bytes(), "offset");
    refused(new GgufBuilder().tensorAt("t", 0, four, -32, 1).bytes(), "offset");
    refused(new GgufBuilder().tensorAt("t", 0, four, 4, 1).bytes(), "multiple of 32");
    refused(new GgufBuilder().tensor("t", 0, four, 1L << 33, 1L << 33).bytes(), "cannot hold");
    refused(new GgufBuilder().tensor("t", 0, four, 0).bytes(), "cannot hold");
    refused(new GgufBuilder().tensor("t", 0, four, 1, 1, 1, 1, 1).bytes(), "axes");
    refused(new GgufBuilder().tensor("t", 8, new byte[34], 4, 8).bytes(), "multiple of the 32");
    refused(
        new GgufBuilder().tensorAt("t", 0, four, 0, 1).tensorAt("u", 0, four, 0, 1).bytes(),
        "overlap");
    refused(
        new GgufBuilder().floats("t", new float[1], 1).floats("t", new float[1], 1).bytes(),
        "twice");
    assertThatThrownBy(() -> GgufFile.open(folder.resolve("absent.gguf")))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("absent.gguf");
  }

  private static byte[] list(int type, long length) {
    return java.nio.ByteBuffer.allocate(16)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putInt(type)
        .putLong(length)
        .array();
  }

  private static byte[] with(byte[] bytes, int at, long value) {
    byte[] copy = bytes.clone();
    java.nio.ByteBuffer.wrap(copy).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    return copy;
  }

  @Test
  void thousandsOfMutatedHeadersOpenOrFailInOneOfTwoWays() {
    byte[] original = small().bytes();
    int header = small().header().length;
    Random random = new Random(11);
    int opened = 0;
    long[] absurd = {
      -1, 0, 1, 255, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32, 1L << 62
    };
    for (int i = 0; i < 8_000; i++) {
      byte[] bytes = original.clone();
      for (int k = random.nextInt(3); k >= 0; k--) {
        int at = random.nextInt(header);
        if (random.nextInt(3) > 0 || at + 8 > header) {
          bytes[at] = (byte) random.nextInt(256);
        } else {
          bytes = with(bytes, at, absurd[random.nextInt(absurd.length)]);
        }
      }
      if (random.nextInt(8) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      try (GgufFile file = GgufFile.of("model.gguf", java.nio.ByteBuffer.wrap(bytes))) {
        for (String name : file.names()) {
          file.dequantise(name, FloatBuffer.allocate((int) file.info(name).shape().size()));
        }
        opened++;
      } catch (InvalidModelFile | UnsupportedModel e) {
        assertThat(e.getMessage()).contains("model.gguf");
      }
    }
    assertThat(opened).isBetween(400, 7_600);
  }

  @Test
  void realCheckpointOpensAndDequantisesQuickly() {
    Path path =
        Path.of(System.getProperty("safety4j.models", "../shared/models"))
            .resolve("smollm2-135m-instruct/smollm2-135m-instruct.Q4_1.gguf");
    Assumptions.assumeTrue(Files.exists(path), () -> path + " is not there");
    long start = System.nanoTime();
    try (GgufFile file = GgufFile.open(path)) {
      FloatBuffer target = FloatBuffer.allocate(49_152 * 576);
      long numbers = 0;
      for (String name : file.names()) {
        file.dequantise(name, target);
        numbers += file.info(name).shape().size();
      }
      assertThat(numbers).isEqualTo(134_515_008);
      assertThat(file.values().string("general.architecture")).isEqualTo("llama");
    }
    assertThat((System.nanoTime() - start) / 1e9).isLessThan(6);
  }
}
