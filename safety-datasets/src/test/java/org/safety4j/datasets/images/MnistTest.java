package org.safety4j.datasets.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.datasets.file.Mutations;
import org.safety4j.datasets.file.ReadLimits;

class MnistTest {
  @TempDir Path folder;
  private Path images;
  private Path labels;

  @BeforeEach
  void twoPictures() throws IOException {
    images = folder.resolve("images-idx3-ubyte");
    labels = folder.resolve("labels-idx1-ubyte");
    Files.write(images, idx(new int[] {2, 2, 3}, 0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6));
    Files.write(labels, idx(new int[] {2}, 3, 1));
  }

  private static byte[] idx(int[] shape, int... values) {
    ByteBuffer out = ByteBuffer.allocate(4 + 4 * shape.length + values.length);
    out.putInt(0x0800 | shape.length);
    for (int side : shape) {
      out.putInt(side);
    }
    for (int value : values) {
      out.put((byte) value);
    }
    return out.array();
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  @Test
  void picturesKeepTheirPlaceAndScale() {
    try (LabeledImages set = Mnist.read(images, labels)) {
      assertThat(set.images().getShape().getShape()).containsExactly(2, 1, 2, 3);
      assertThat(set.images().toFloatArray())
          .startsWith(0f, 51 / 255f, 102 / 255f, 153 / 255f, 204 / 255f, 1f, 1 / 255f);
      assertThat(set.labels()).containsExactly(3, 1);
      assertThat(set.classNames()).containsExactly("0", "1", "2", "3");
    }
  }

  @Test
  void gzippedFilesReadTheSame() throws IOException {
    Path zipped = Files.write(folder.resolve("i.gz"), gzip(Files.readAllBytes(images)));
    try (LabeledImages plain = Mnist.read(images, labels);
        LabeledImages packed = Mnist.read(zipped, labels)) {
      assertThat(packed.checksum()).isEqualTo(plain.checksum());
    }
  }

  @Test
  void emnistIsTurnedUprightAndNamedByItsMapping() throws IOException {
    Path mapping = Files.writeString(folder.resolve("mapping.txt"), "1 65 97\n3 67 99\n");
    try (LabeledImages set = Mnist.emnist(images, labels, mapping)) {
      assertThat(set.images().getShape().getShape()).containsExactly(2, 1, 3, 2);
      assertThat(set.images().toFloatArray())
          .startsWith(0f, 153 / 255f, 51 / 255f, 204 / 255f, 102 / 255f, 1f);
      assertThat(set.labels()).containsExactly(1, 0);
      assertThat(set.classNames()).containsExactly("Aa", "Cc");
    }
    Files.writeString(mapping, "1 65\n");
    assertThatThrownBy(() -> Mnist.emnist(images, labels, mapping))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("label 3 of item 0");
    Files.writeString(mapping, "1 65\none 66\n");
    assertThatThrownBy(() -> Mnist.emnist(images, labels, mapping))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("mapping.txt line 2");
  }

  @Test
  void aTruncatedFileNamesTheByte() throws IOException {
    byte[] sound = Files.readAllBytes(images);
    Files.write(images, java.util.Arrays.copyOf(sound, sound.length - 3));
    assertThatThrownBy(() -> Mnist.read(images, labels))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("images-idx3-ubyte at byte 25")
        .hasMessageContaining("12 bytes expected, 9 there");
  }

  @Test
  void aHeaderThatClaimsGigabytesTakesNone() throws IOException {
    Files.write(images, idx(new int[] {60000, 16000, 16000}, 1, 2, 3));
    assertThatThrownBy(() -> Mnist.read(images, labels))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("more than the limit");
    Files.write(
        images, idx(new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE}, 1));
    assertThatThrownBy(() -> Mnist.read(images, labels)).isInstanceOf(InvalidDataFile.class);
    Files.write(images, idx(new int[] {1000, 1000, 1000}, 1, 2, 3));
    assertThatThrownBy(() -> Mnist.read(images, labels))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("3 there");
  }

  @Test
  void aGzipBombMeetsTheLimit() throws IOException {
    byte[] large = idx(new int[] {100, 100, 100}, new int[1_000_000]);
    Path bomb = Files.write(folder.resolve("bomb.gz"), gzip(large));
    assertThat(Files.size(bomb)).isLessThan(10_000);
    assertThatThrownBy(() -> Mnist.read(bomb, labels, ReadLimits.defaults().withMaxBytes(500_000)))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("limit of 500000 bytes");
  }

  @Test
  void exchangedOrUnequalFilesAreExplained() throws IOException {
    assertThatThrownBy(() -> Mnist.read(labels, images))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("exchanged");
    Files.write(labels, idx(new int[] {3}, 3, 1, 2));
    assertThatThrownBy(() -> Mnist.read(images, labels))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("3 labels for the 2 pictures");
    assertThatThrownBy(() -> Mnist.read(folder.resolve("absent"), labels))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("no such file");
  }

  @Test
  void damagedFilesGiveOneKindOfError() throws IOException {
    assertThat(Mutations.refused(images, 300, 21, f -> Mnist.read(f, labels).close()))
        .isBetween(100, 299);
    Path zipped = Files.write(folder.resolve("i.gz"), gzip(Files.readAllBytes(images)));
    assertThat(Mutations.refused(zipped, 300, 22, f -> Mnist.read(f, labels).close()))
        .isBetween(100, 299);
  }
}
