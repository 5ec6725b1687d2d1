package org.safety4j.datasets.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.datasets.file.Mutations;

class CifarTest {
  @TempDir Path folder;

  private static byte[] record(int value, int... labels) {
    byte[] record = new byte[labels.length + 3072];
    for (int i = 0; i < labels.length; i++) {
      record[i] = (byte) labels[i];
    }
    Arrays.fill(record, labels.length, labels.length + 1024, (byte) value);
    record[record.length - 1] = (byte) 255;
    return record;
  }

  private Path write(String name, byte[]... records) throws IOException {
    Path file = folder.resolve(name);
    Files.write(file, new byte[0]);
    for (byte[] record : records) {
      Files.write(file, record, java.nio.file.StandardOpenOption.APPEND);
    }
    return file;
  }

  @Test
  void batchesJoinInOrder() throws IOException {
    Path one = write("data_batch_1.bin", record(51, 9), record(102, 0));
    Path two = write("data_batch_2.bin", record(204, 4));
    try (LabeledImages set = Cifar.ten(one, two)) {
      assertThat(set.images().getShape().getShape()).containsExactly(3, 3, 32, 32);
      assertThat(set.labels()).containsExactly(9, 0, 4);
      assertThat(set.classNames().get(9)).isEqualTo("truck");
      float[] pixels = set.images().toFloatArray();
      assertThat(pixels[0]).isEqualTo(51 / 255f);
      assertThat(pixels[1024]).isZero();
      assertThat(pixels[3071]).isEqualTo(1f);
      assertThat(pixels[3072 + 1023]).isEqualTo(102 / 255f);
      assertThat(pixels[2 * 3072]).isEqualTo(204 / 255f);
    }
  }

  @Test
  void hundredHasTwoLabelsAndTakesNamesFromTheFileBeside() throws IOException {
    Path file = write("test.bin", record(1, 19, 99));
    try (LabeledImages fine = Cifar.hundred(file, Cifar.Hundred.FINE)) {
      assertThat(fine.labels()).containsExactly(99);
      assertThat(fine.classNames()).hasSize(100).endsWith("99");
    }
    Files.writeString(
        folder.resolve("coarse_label_names.txt"),
        IntStream.range(0, 20).mapToObj(i -> "group" + i).collect(Collectors.joining("\n")) + "\n");
    try (LabeledImages coarse = Cifar.hundred(file, Cifar.Hundred.COARSE)) {
      assertThat(coarse.labels()).containsExactly(19);
      assertThat(coarse.classNames()).endsWith("group19");
    }
  }

  @Test
  void brokenRecordsAndLabelsNameTheByte() throws IOException {
    Path cut = write("cut.bin", record(1, 2), new byte[100]);
    assertThatThrownBy(() -> Cifar.ten(cut))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("cut.bin at byte 3173")
        .hasMessageContaining("100 bytes into record 1");
    Path wrong = write("wrong.bin", record(1, 2), record(1, 10));
    assertThatThrownBy(() -> Cifar.ten(wrong))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("wrong.bin at byte 3073: label 10 of 10 classes");
  }

  @Test
  void damagedFilesGiveOneKindOfError() throws IOException {
    Path file = write("m.bin", record(1, 2), record(3, 4));
    assertThat(Mutations.refused(file, 200, 31, f -> Cifar.ten(f).close())).isBetween(60, 199);
  }
}
