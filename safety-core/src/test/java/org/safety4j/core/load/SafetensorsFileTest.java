package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.tensor.Tensors;

class SafetensorsFileTest {
  private static NDManager manager;
  @TempDir private Path folder;

  @BeforeAll
  static void open() {
    manager = Tensors.newManager();
  }

  @AfterAll
  static void close() {
    manager.close();
  }

  static SafetensorsFile file(String header, byte... data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json).put(data).flip();
    return SafetensorsFile.of("test", bytes);
  }

  private static NDArray read(String type, String shape, byte... data) {
    String header =
        "{\"t\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[0,%d]}}"
            .formatted(type, shape, data.length);
    try (SafetensorsFile file = file(header, data)) {
      return file.read("t", manager);
    }
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void readsAFileThatTheReferenceWrote() {
    try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path("vit/io.safetensors"))) {
      assertThat(file.names())
          .containsExactlyInAnyOrder(
              "grad.images",
              "in.images",
              "out.attention",
              "out.hidden",
              "out.logits",
              "vjp.hidden",
              "vjp.logits");
      assertThat(file.info("out.hidden"))
          .isEqualTo(new TensorInfo("out.hidden", StoredType.F32, new Shape(4, 3, 17, 24)));
      try (NDArray attention = file.read("out.attention", manager);
          NDArray rows = attention.sum(new int[] {4})) {
        assertThat(attention.getShape()).isEqualTo(new Shape(3, 3, 3, 17, 17));
        for (float sum : rows.toFloatArray()) {
          assertThat(sum).isBetween(0.9999f, 1.0001f);
        }
      }
    }
    try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path("vit/model.safetensors"))) {
      assertThat(file.metadata()).containsEntry("format", "pt");
    }
  }

  @Test
  void halfPrecisionIsWidenedExactly() {
    try (NDArray half =
        read("F16", "7", bytes(0, 0x3c, 0, 0xc0, 1, 0, 0xff, 0x7b, 0, 0x7c, 0, 0x80, 0x55, 0x35))) {
      assertThat(half.getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(half.toFloatArray())
          .containsExactly(1f, -2f, 0x1p-24f, 65504f, Float.POSITIVE_INFINITY, -0f, 0.33325195f);
    }
    try (NDArray brain = read("BF16", "2,2", bytes(0x80, 0x3f, 0x49, 0x40, 0x80, 0xff, 1, 0))) {
      assertThat(brain.getShape()).isEqualTo(new Shape(2, 2));
      assertThat(brain.toFloatArray())
          .containsExactly(1f, 3.140625f, Float.NEGATIVE_INFINITY, Float.intBitsToFloat(0x10000));
    }
  }

  @Test
  void everyOtherTypeIsReadAsItIs() {
    try (NDArray i16 = read("I16", "2", bytes(0xff, 0x7f, 0, 0x80));
        NDArray i32 = read("I32", "1", bytes(1, 2, 0, 0x80));
        NDArray i64 = read("I64", "1", bytes(1, 0, 0, 0, 0, 0, 0, 0x80));
        NDArray i8 = read("I8", "2", bytes(0x7f, 0x80));
        NDArray u8 = read("U8", "2", bytes(0x7f, 0x80));
        NDArray flag = read("BOOL", "3", bytes(1, 0, 1));
        NDArray f64 = read("F64", "", bytes(0, 0, 0, 0, 0, 0, 0xf0, 0x3f))) {
      assertThat(i16.getDataType()).isEqualTo(DataType.INT32);
      assertThat(i16.toIntArray()).containsExactly(32767, -32768);
      assertThat(i32.toIntArray()).containsExactly(0x80000201);
      assertThat(i64.toLongArray()).containsExactly(Long.MIN_VALUE + 1);
      assertThat(i8.toByteArray()).containsExactly(127, -128);
      assertThat(u8.toUint8Array()).containsExactly(127, 128);
      assertThat(flag.toBooleanArray()).containsExactly(true, false, true);
      assertThat(f64.getShape().dimension()).isZero();
      assertThat(f64.toDoubleArray()).containsExactly(1.0);
    }
  }

  @Test
  void flagsOtherThanZeroAndOneAreRefused() {
    assertThatThrownBy(() -> read("BOOL", "2", bytes(1, 2)))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("BOOL but holds the byte 2");
  }

  @Test
  void emptyTensorsAreFine() {
    try (SafetensorsFile file =
            file(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[0,0]},"
                    + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}   ",
                (byte) 7);
        NDArray empty = file.read("a", manager);
        NDArray full = file.read("b", manager)) {
      assertThat(empty.getShape()).isEqualTo(new Shape(0, 3));
      assertThat(full.toUint8Array()).containsExactly(7);
    }
  }

  @Test
  void largeTensorsAreCopiedPieceByPiece() {
    byte[] data = new byte[2 * 3 * 5];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) i;
    }
    TensorInfo info = new TensorInfo("t", StoredType.I8, new Shape(2, 3, 5));
    try (NDArray whole =
        TensorDecoder.read(
            "test", info, (at, n) -> ByteBuffer.wrap(data, (int) at, n).slice(), manager, 7)) {
      assertThat(whole.toByteArray()).isEqualTo(data);
    }
  }

  @Test
  void filesBeyondTwoGibibytesAreRead() throws IOException {
    Path big = folder.resolve("big.safetensors");
    long gap = 3L << 30;
    byte[] header =
        ("{\"gap\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
                + "\"end\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}}")
            .formatted(gap, gap, gap, gap + 4)
            .getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile out = new RandomAccessFile(big.toFile(), "rw")) {
      out.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
      out.write(header);
      out.seek(8 + header.length + gap);
      out.write(bytes(0, 0, 0x20, 0x41));
    }
    try (SafetensorsFile file = SafetensorsFile.open(big);
        NDArray end = file.require("end", manager, 1)) {
      assertThat(end.toFloatArray()).containsExactly(10f);
      assertThatThrownBy(() -> file.raw("gap"))
          .isInstanceOf(UnsupportedModel.class)
          .hasMessageContaining("3221225472");
    } finally {
      Files.delete(big);
    }
  }

  @Test
  void rawBytesAreReadOnlyAndLittleEndian() {
    try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path("vit/io.safetensors"));
        NDArray logits = file.read("out.logits", manager)) {
      ByteBuffer raw = file.raw("out.logits");
      assertThat(raw.isReadOnly()).isTrue();
      assertThat(raw.remaining()).isEqualTo(84);
      assertThat(raw.getFloat(4)).isEqualTo(logits.toFloatArray()[1]);
    }
  }

  @Test
  void aClosedFileIsNotRead() {
    SafetensorsFile file = SafetensorsFile.open(Fixtures.path("vit/io.safetensors"));
    file.close();
    assertThatThrownBy(() -> file.read("out.logits", manager))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void requireNamesWhatIsMissingAndWhatIsNear() {
    try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path("vit/model.safetensors"))) {
      assertThatThrownBy(() -> file.require("classifier.wieght", manager, 7, 24))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("model.safetensors")
          .hasMessageContaining("no tensor \"classifier.wieght\"")
          .hasMessageContaining("near: \"classifier.weight\"");
      assertThatThrownBy(() -> file.require("embeddings.cls_token", manager))
          .hasMessageContaining("near: \"vit.embeddings.cls_token\"");
    }
  }

  @Test
  void requireNamesTheWrongShape() {
    try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path("vit/model.safetensors"))) {
      assertThatThrownBy(() -> file.require("classifier.weight", manager, 7, 25))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining(
              "\"classifier.weight\" has shape (7, 24), the config asks for (7, 25)");
      file.require("classifier.weight", manager, -1, 24).close();
    }
  }

  @ParameterizedTest
  @CsvSource({"0x7fc00000, NaN", "0x7f800000, infinity"})
  void requireRefusesValuesThatAreNotFinite(String bits, String name) {
    int value = Integer.decode(bits);
    try (SafetensorsFile file =
        file(
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
            bytes(0, 0, 0x80, 0x3f, value, value >> 8, value >> 16, value >> 24))) {
      assertThatThrownBy(() -> file.require("t", manager, 2))
          .as(name)
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining("NaN or infinite");
      file.read("t", manager).close();
    }
  }

  @Test
  void hugeButFiniteValuesPass() {
    try (SafetensorsFile file =
        file(
            "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
            bytes(0xff, 0xff, 0x7f, 0x7f, 0xff, 0xff, 0x7f, 0x7f))) {
      assertThat(file.require("t", manager, 2).sum().getFloat()).isInfinite();
    }
  }
}
