package org.safety4j.datasets.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidDataFile;

class NpyArrayTest {
  private static final ReadLimits LIMITS = ReadLimits.defaults();

  @TempDir Path folder;

  private NpyArray read(byte[] npy) throws IOException {
    return NpyArray.read(Files.write(folder.resolve("a.npy"), npy), LIMITS);
  }

  private static byte[] little(int bytes, long... values) {
    ByteBuffer out = ByteBuffer.allocate(bytes * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      for (int i = 0; i < bytes; i++) {
        out.put((byte) (value >> 8 * i));
      }
    }
    return out.array();
  }

  @Test
  void readsEveryNumberTypeExactly() throws IOException {
    assertThat(read(NpyFiles.npy("|b1", false, "2,", little(1, 0, 1))).ints())
        .containsExactly(0, 1);
    assertThat(read(NpyFiles.npy("|u1", false, "2,", little(1, 7, 200))).ints())
        .containsExactly(7, 200);
    assertThat(read(NpyFiles.npy("|i1", false, "2,", little(1, 7, -56))).ints())
        .containsExactly(7, -56);
    assertThat(read(NpyFiles.npy("<u2", false, "1,", little(2, 65535))).ints())
        .containsExactly(65535);
    assertThat(read(NpyFiles.npy("<i2", false, "1,", little(2, -2))).ints()).containsExactly(-2);
    assertThat(read(NpyFiles.npy("<i4", false, "1,", little(4, -70000))).ints())
        .containsExactly(-70000);
    assertThat(read(NpyFiles.npy("<i8", false, "1,", little(8, -70000))).ints())
        .containsExactly(-70000);
    assertThat(read(NpyFiles.npy("<u4", false, "1,", little(4, 4294967295L))).floats())
        .containsExactly(4294967296f);
    assertThat(read(NpyFiles.npy("<u8", false, "1,", little(8, -1))).floats())
        .containsExactly(18446744073709551616f);
    long quarter = Double.doubleToRawLongBits(0.25);
    assertThat(read(NpyFiles.npy("<f8", false, "1,", little(8, quarter))).floats())
        .containsExactly(0.25f);
    long third = Float.floatToRawIntBits(1 / 3f);
    assertThat(read(NpyFiles.npy("<f4", false, "1,", little(4, third))).floats())
        .containsExactly(1 / 3f);
  }

  @Test
  void readsHalfPrecisionIncludingSubnormalsAndSpecials() throws IOException {
    byte[] halves = little(2, 0x3c00, 0xc000, 0x3555, 0x0001, 0x0400, 0x7bff, 0x7c00, 0xfe00);
    assertThat(read(NpyFiles.npy("<f2", false, "8,", halves)).floats())
        .containsExactly(
            1f,
            -2f,
            0.33325195f,
            5.9604645e-8f,
            6.1035156e-5f,
            65504f,
            Float.POSITIVE_INFINITY,
            Float.NaN);
  }

  @Test
  void bigEndianValuesAreTurned() throws IOException {
    assertThat(read(NpyFiles.npy(">i2", false, "2,", new byte[] {1, 2, 0, 3})).ints())
        .containsExactly(258, 3);
  }

  @Test
  void fortranOrderBecomesRowMajor() throws IOException {
    NpyArray array = read(NpyFiles.npy("|u1", true, "2, 3", new byte[] {0, 10, 1, 11, 2, 12}));
    assertThat(array.shape()).containsExactly(2, 3);
    assertThat(array.ints()).containsExactly(0, 1, 2, 10, 11, 12);
  }

  @Test
  void scalarsAndEmptyArraysAreRead() throws IOException {
    assertThat(read(NpyFiles.npy("|u1", false, "", new byte[] {5})).ints()).containsExactly(5);
    assertThat(read(NpyFiles.npy("<f4", false, "3, 0", new byte[0])).floats()).isEmpty();
  }

  @Test
  void objectsAreRefusedWithFileAndOffset() {
    assertThatThrownBy(() -> read(NpyFiles.npy("|O", false, "1,", new byte[8])))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("a.npy at byte ")
        .hasMessageContaining("descr of a number type");
    assertThatThrownBy(() -> read(NpyFiles.npy("<c8", false, "1,", new byte[8])))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("element type c8 is not read");
  }

  @Test
  void hugeShapesAreRefusedBeforeMemoryIsTaken() {
    assertThatThrownBy(() -> read(NpyFiles.npy("<f8", false, "2000000000,", new byte[8])))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("limit");
    assertThatThrownBy(() -> read(NpyFiles.npy("<f8", false, "99999, 99999, 99999", new byte[8])))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("more elements than can be held");
    assertThatThrownBy(() -> read(NpyFiles.npy("<f8", false, "100000000,", new byte[8])))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("file ends inside the values");
  }

  @Test
  void surplusBytesAreRefused() {
    assertThatThrownBy(() -> read(NpyFiles.npy("|u1", false, "1,", new byte[2])))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("bytes left over");
  }

  @Test
  void floatsAreNotTakenForIntegers() {
    assertThatThrownBy(() -> read(NpyFiles.npy("<f4", false, "1,", new byte[4])).ints())
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("integers expected");
  }

  @Test
  void damagedFilesGiveOneKindOfError() throws IOException {
    Path file = folder.resolve("m.npy");
    Files.write(file, NpyFiles.npy("<f4", false, "3, 5", new byte[60]));
    assertThat(Mutations.refused(file, 400, 11, f -> NpyArray.read(f, LIMITS))).isBetween(150, 399);
  }

  @Test
  void archivesKeepNamesAndOrder() throws IOException {
    Path file = folder.resolve("a.npz");
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("y.npy", NpyFiles.npy("|u1", false, "2,", new byte[] {3, 4}));
    arrays.put("x.npy", NpyFiles.npy("<i2", false, "1,", new byte[] {1, 0}));
    NpyFiles.npz(file, arrays);
    Map<String, NpyArray> read = Npz.read(file, LIMITS);
    assertThat(read.keySet()).containsExactly("y", "x");
    assertThat(read.get("y").ints()).containsExactly(3, 4);
  }

  @Test
  void aZipBombMeetsTheLimitOfAllEntriesTogether() throws IOException {
    Path file = folder.resolve("bomb.npz");
    NpyFiles.npz(
        file,
        Map.of(
            "a.npy", NpyFiles.npy("|u1", false, "600000,", new byte[600_000]),
            "b.npy", NpyFiles.npy("|u1", false, "600000,", new byte[600_000])));
    assertThat(Files.size(file)).isLessThan(5_000);
    assertThatThrownBy(() -> Npz.read(file, LIMITS.withMaxBytes(1_000_000)))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("bomb.npz!")
        .hasMessageContaining("longer than the limit");
    assertThat(Npz.read(file, LIMITS.withMaxBytes(1_300_000))).hasSize(2);
  }

  @Test
  void foreignEntriesAndOtherFilesAreRefused() throws IOException {
    Path file = folder.resolve("p.npz");
    NpyFiles.npz(file, Map.of("../evil.pkl", new byte[3]));
    assertThatThrownBy(() -> Npz.read(file, LIMITS))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("not an NPY array");
    Files.write(file, new byte[] {1, 2, 3});
    assertThatThrownBy(() -> Npz.read(file, LIMITS))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("not a zip archive");
  }

  @Test
  void damagedArchivesGiveOneKindOfError() throws IOException {
    Path file = folder.resolve("m.npz");
    NpyFiles.npz(file, Map.of("x.npy", NpyFiles.npy("<f4", false, "3, 5", new byte[60])));
    assertThat(Mutations.refused(file, 400, 12, f -> Npz.read(f, LIMITS))).isBetween(100, 399);
  }
}
