package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.core.tensor.Tensors;

class SafetensorsWriterTest {
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

  @Test
  void everyTypeComesBackAsItWasWritten() {
    NDArray f32 = manager.create(new float[] {1, -2.5f, 3e-9f, 4, 5, 6}, new Shape(2, 3));
    NDArray f64 = manager.create(new double[] {Math.PI});
    NDArray i64 = manager.create(new long[] {Long.MIN_VALUE, 7});
    NDArray i32 = manager.create(new int[] {Integer.MIN_VALUE});
    NDArray i8 = manager.create(new byte[] {-128, 127, 3}, new Shape(3));
    NDArray flag = manager.create(new boolean[] {true, false, true});
    NDArray scalar = manager.create(4f);
    NDArray empty = manager.create(new Shape(0, 2), DataType.FLOAT32);
    Path file = folder.resolve("all.safetensors");
    new SafetensorsWriter()
        .put("f32", f32)
        .put("transposed", f32.transpose())
        .put("f64", f64)
        .put("i64", i64)
        .put("i32", i32)
        .put("i8", i8)
        .put("flag", flag)
        .put("scalar", scalar)
        .put("empty", empty)
        .annotate("recipe", "none \"quoted\"")
        .write(file);
    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(read.metadata())
          .containsEntry("recipe", "none \"quoted\"")
          .containsEntry("format", "pt");
      assertThat(read.read("f32", manager)).isEqualTo(f32);
      assertThat(read.read("transposed", manager).toFloatArray())
          .containsExactly(1, 4, -2.5f, 5, 3e-9f, 6);
      assertThat(read.read("f64", manager)).isEqualTo(f64);
      assertThat(read.read("i64", manager)).isEqualTo(i64);
      assertThat(read.read("i32", manager)).isEqualTo(i32);
      assertThat(read.read("i8", manager)).isEqualTo(i8);
      assertThat(read.read("flag", manager)).isEqualTo(flag);
      assertThat(read.read("scalar", manager)).isEqualTo(scalar);
      assertThat(read.read("empty", manager).getShape()).isEqualTo(new Shape(0, 2));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 0x3c00",
    "-2.0, 0xc000",
    "65504, 0x7bff",
    "65519.99, 0x7bff",
    "65520, 0x7c00", // ties to even: infinity
    "1e10, 0x7c00",
    "-1e10, 0xfc00",
    "1.00048828125, 0x3c00", // 1 + 2^-11, tie, down to even
    "1.00146484375, 0x3c02", // 1 + 3 * 2^-11, tie, up to even
    "5.960464477539063e-8, 0x0001", // 2^-24, smallest subnormal
    "2.9802322387695312e-8, 0x0000", // 2^-25, tie, down to even
    "2.9802325e-8, 0x0001",
    "8.940696716308594e-8, 0x0002", // 1.5 * 2^-24, tie, up to even
    "6.097555160522461e-5, 0x03ff", // largest subnormal
    "6.1035156e-5, 0x0400", // smallest normal
    "6.1005353e-5, 0x0400", // rounds from subnormal to normal
    "-0.0, 0x8000",
    "NaN, 0x7e00",
  })
  void halfPrecisionRoundsToNearestEven(float value, String bits) {
    assertThat(Halves.toF16(value) & 0xffff).isEqualTo(Integer.decode(bits));
  }

  @Test
  void halfPrecisionRoundTripsEveryFiniteValue() {
    for (int i = 0; i < 1 << 16; i++) {
      float value = Halves.fromF16((short) i);
      if (!Float.isNaN(value)) {
        assertThat(Halves.toF16(value)).isEqualTo((short) i);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 0x3f80",
    "1.00390625, 0x3f80", // 1 + 2^-8, tie, down to even
    "1.01171875, 0x3f82", // 1 + 3 * 2^-8, tie, up to even
    "1.0039064, 0x3f81",
    "3.4028235e38, 0x7f80",
    "-0.0, 0x8000",
    "NaN, 0x7fc0",
  })
  void brainFloatRoundsToNearestEven(float value, String bits) {
    assertThat(Halves.toBf16(value) & 0xffff).isEqualTo(Integer.decode(bits));
  }

  @Test
  void narrowTypesAreStoredNarrow() {
    NDArray values = manager.create(new float[] {1.0009765625f, -3});
    byte[] bytes =
        new SafetensorsWriter()
            .put("h", values, StoredType.F16)
            .put("b", values, StoredType.BF16)
            .toBytes();
    try (SafetensorsFile file = SafetensorsFile.of("memory", ByteBuffer.wrap(bytes))) {
      assertThat(file.info("h").byteSize()).isEqualTo(4);
      assertThat(file.read("h", manager).toFloatArray()).containsExactly(1.0009765625f, -3);
      assertThat(file.read("b", manager).toFloatArray()).containsExactly(1f, -3);
    }
  }

  @Test
  void theSameArraysGiveTheSameBytesInAnyOrderOfPutting() throws IOException {
    NDArray a = manager.create(new float[] {1, 2});
    NDArray b = manager.create(new long[] {3});
    Path file = folder.resolve("x.safetensors");
    new SafetensorsWriter().put("a", a).put("b", b).write(file);
    assertThat(Files.readAllBytes(file))
        .isEqualTo(new SafetensorsWriter().put("b", b).put("a", a).toBytes());
  }

  @Test
  void dataAreAlignedToTheirElementSize() {
    byte[] bytes =
        new SafetensorsWriter()
            .put("a", manager.create(new byte[] {1}, new Shape(1)))
            .put("b", manager.create(new double[] {2}))
            .toBytes();
    try (SafetensorsFile file = SafetensorsFile.of("memory", ByteBuffer.wrap(bytes))) {
      assertThat(file.names()).containsExactly("b", "a");
      assertThat((bytes.length - 9) % 8).isZero();
    }
  }

  @Test
  void aFailedWriteLeavesTheOldFileAndNoDebris() throws IOException {
    Path file = folder.resolve("kept.safetensors");
    new SafetensorsWriter().put("a", manager.create(new float[] {1})).write(file);
    NDArray closed = manager.create(new float[] {2});
    SafetensorsWriter writer = new SafetensorsWriter().put("a", closed);
    closed.close();
    assertThatThrownBy(() -> writer.write(file)).isInstanceOf(RuntimeException.class);
    try (Stream<Path> files = Files.list(folder);
        SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(files).containsExactly(file);
      assertThat(read.read("a", manager).toFloatArray()).containsExactly(1);
    }
  }

  @Test
  void anAbsentFolderIsNamed() {
    Path file = folder.resolve("none/x.safetensors");
    assertThatThrownBy(() -> new SafetensorsWriter().write(file))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void wrongArgumentsAreNamed() {
    NDArray floats = manager.create(new float[] {1});
    SafetensorsWriter writer = new SafetensorsWriter().put("a", floats);
    assertThatThrownBy(() -> writer.put("a", floats)).hasMessageContaining("\"a\" was put twice");
    assertThatThrownBy(() -> writer.put("", floats)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> writer.put("__metadata__", floats))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> writer.put("b", floats, StoredType.I32))
        .hasMessageContaining("cannot be stored as I32");
  }
}
