package org.safety4j.datasets.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.datasets.file.NpyFiles;

class NpzImagesTest {
  @TempDir Path folder;

  private Path npz(byte[] x, byte[] y) throws IOException {
    Path file = folder.resolve("set.npz");
    NpyFiles.npz(file, Map.of("x.npy", x, "y.npy", y));
    return file;
  }

  private static byte[] labels(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return NpyFiles.npy("|u1", false, values.length + ",", bytes);
  }

  private static byte[] counting(int n) {
    byte[] bytes = new byte[n];
    for (int i = 0; i < n; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  @Test
  void channelsLastBecomesChannelsFirst() throws IOException {
    Path file = npz(NpyFiles.npy("|u1", false, "2, 1, 5, 3", counting(30)), labels(1, 0));
    assertThatThrownBy(() -> NpzImages.read(file, "x", "z"))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("no array \"z\"");
    Path last = npz(NpyFiles.npy("|u1", false, "1, 5, 6, 3", counting(90)), labels(1));
    try (LabeledImages set = NpzImages.read(last, "x", "y")) {
      assertThat(set.images().getShape().getShape()).containsExactly(1, 3, 5, 6);
      assertThat(set.images().toFloatArray()).startsWith(0f, 3 / 255f, 6 / 255f);
      assertThat(set.images().toFloatArray()[30]).isEqualTo(1 / 255f);
      assertThat(set.labels()).containsExactly(1);
    }
  }

  @Test
  void greyPicturesGetOneChannel() throws IOException {
    Path file = npz(NpyFiles.npy("|u1", false, "2, 2, 2", counting(8)), labels(0, 1));
    try (LabeledImages set = NpzImages.read(file, "x", "y")) {
      assertThat(set.images().getShape().getShape()).containsExactly(2, 1, 2, 2);
      assertThat(set.images().toFloatArray()[7]).isEqualTo(7 / 255f);
    }
  }

  @Test
  void floatsStayAsTheyAreAndMustBeInRange() throws IOException {
    byte[] values = new byte[16];
    ByteBuffer floats = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
    floats.putFloat(0, 0.25f);
    try (LabeledImages set =
        NpzImages.read(npz(NpyFiles.npy("<f4", false, "1, 2, 2", values), labels(0)), "x", "y")) {
      assertThat(set.images().toFloatArray()).containsExactly(0.25f, 0, 0, 0);
    }
    for (float wrong : new float[] {1.5f, -0.1f, Float.NaN}) {
      floats.putFloat(8, wrong);
      Path file = npz(NpyFiles.npy("<f4", false, "1, 2, 2", values), labels(0));
      assertThatThrownBy(() -> NpzImages.read(file, "x", "y"))
          .isInstanceOf(InvalidDataFile.class)
          .hasMessageContaining("set.npz!x.npy")
          .hasMessageContaining("element 2 is " + wrong);
    }
  }

  @Test
  void shapesAndLabelsThatDoNotFitAreRefused() throws IOException {
    Path unequal = npz(NpyFiles.npy("|u1", false, "2, 2, 2", counting(8)), labels(0));
    assertThatThrownBy(() -> NpzImages.read(unequal, "x", "y"))
        .hasMessageContaining("1 labels for 2 pictures");
    Path flat = npz(NpyFiles.npy("|u1", false, "2, 4", counting(8)), labels(0, 1));
    assertThatThrownBy(() -> NpzImages.read(flat, "x", "y")).hasMessageContaining("[2, 4]");
    Path negative =
        npz(
            NpyFiles.npy("|u1", false, "1, 2, 2", counting(4)),
            NpyFiles.npy("|i1", false, "1,", new byte[] {-1}));
    assertThatThrownBy(() -> NpzImages.read(negative, "x", "y"))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("count classes from 0");
  }
}
