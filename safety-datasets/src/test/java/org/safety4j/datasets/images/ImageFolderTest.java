package org.safety4j.datasets.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.core.tensor.Ops;
import org.safety4j.datasets.file.Mutations;
import org.safety4j.datasets.file.ReadLimits;

class ImageFolderTest {
  @TempDir Path folder;

  private Path write(String name, int width, int height, int type, int rgb) throws IOException {
    BufferedImage image = new BufferedImage(width, height, type);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, rgb);
      }
    }
    return write(name, image);
  }

  private Path write(String name, BufferedImage image) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    String format = name.endsWith("png") ? "png" : "jpg";
    assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
    return file;
  }

  private static float[] first(ImageFolder listing) {
    try (LabeledImages set =
        listing.labeledBy(x -> new int[(int) x.getShape().get(0)], List.of()).first(1)) {
      return set.images().toFloatArray();
    }
  }

  @Test
  void classFoldersGiveClassesByNameAndTakeTurns() throws IOException {
    write("dog/a.png", 2, 2, BufferedImage.TYPE_INT_RGB, 0x0000ff);
    write("dog/b.png", 2, 2, BufferedImage.TYPE_INT_RGB, 0x0000ff);
    write("cat/z.PNG".replace("PNG", "png"), 2, 2, BufferedImage.TYPE_INT_RGB, 0xff0000);
    Files.createDirectories(folder.resolve("empty"));
    ImageFolder listing = ImageFolder.read(folder);
    assertThat(listing.classes()).containsExactly("cat", "dog");
    try (LabeledImages all = listing.all();
        LabeledImages two = listing.first(2)) {
      assertThat(all.labels()).containsExactly(0, 1, 1);
      assertThat(two.labels()).containsExactly(0, 1);
      assertThat(all.images().getShape().getShape()).containsExactly(3, 3, 2, 2);
      assertThat(all.images().toFloatArray())
          .startsWith(1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1);
    }
  }

  @Test
  void flatFoldersTakeLabelsFromTheTable() throws IOException {
    write("a.png", 1, 1, BufferedImage.TYPE_INT_RGB, 0xffffff);
    write("b, c.png", 1, 1, BufferedImage.TYPE_INT_RGB, 0);
    Files.writeString(
        folder.resolve("labels.csv"), "file,label\n\"b, c.png\",\"a \"\"cat\"\"\"\na.png,dog\n");
    try (LabeledImages set = ImageFolder.read(folder).all()) {
      assertThat(set.classNames()).containsExactly("a \"cat\"", "dog");
      assertThat(set.labels()).containsExactly(1, 0);
    }
    Files.writeString(folder.resolve("labels.csv"), "a.png,07\n\"b, c.png\",3\n");
    try (LabeledImages set = ImageFolder.read(folder).all()) {
      assertThat(set.labels()).containsExactly(7, 3);
      assertThat(set.classNames()).hasSize(8);
    }
  }

  @Test
  void wrongTablesNameTheLine() throws IOException {
    write("a.png", 1, 1, BufferedImage.TYPE_INT_RGB, 0);
    Path csv = folder.resolve("labels.csv");
    Files.writeString(csv, "a.png,1\na.png,2\n");
    assertThatThrownBy(() -> ImageFolder.read(folder))
        .hasMessageContaining("labels.csv line 2: second label");
    Files.writeString(csv, "a.png\n");
    assertThatThrownBy(() -> ImageFolder.read(folder)).hasMessageContaining("labels.csv line 1");
    Files.writeString(csv, "a.png,1\n../../secret.png,2\n");
    assertThatThrownBy(() -> ImageFolder.read(folder))
        .hasMessageContaining("../../secret.png, which is not a picture");
    Files.writeString(csv, "b.png,1\n");
    assertThatThrownBy(() -> ImageFolder.read(folder))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("no label for a.png");
  }

  @Test
  void unlabeledPicturesNeedAClassifier() throws IOException {
    write("a.jpg", 4, 4, BufferedImage.TYPE_INT_RGB, 0x808080);
    ImageFolder listing = ImageFolder.read(folder);
    assertThat(listing.labeled()).isFalse();
    assertThatThrownBy(listing::all)
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("labeledBy");
    try (LabeledImages set = listing.labeledBy(images -> new int[] {4}, List.of()).all()) {
      assertThat(set.labels()).containsExactly(4);
      assertThat(set.images().mean().getFloat()).isCloseTo(128 / 255f, Offset.offset(0.01f));
    }
  }

  @Test
  void samplesAreTakenAsStoredForEveryKindOfPicture() throws IOException {
    BufferedImage grey = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setSample(0, 0, 0, 51);
    write("x.png", grey);
    assertThat(first(ImageFolder.read(folder))).containsExactly(0.2f, 0.2f, 0.2f);

    BufferedImage deep = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    deep.getRaster().setSample(0, 0, 0, 13107);
    write("x.png", deep);
    assertThat(first(ImageFolder.read(folder))).containsExactly(0.2f, 0.2f, 0.2f);

    BufferedImage indexed = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_INDEXED);
    indexed.setRGB(0, 0, 0x336699);
    write("x.png", indexed);
    assertThat(first(ImageFolder.read(folder))).containsExactly(0.2f, 0.4f, 0.6f);
  }

  @Test
  void transparencyIsLaidOverTheBackground() throws IOException {
    write("x.png", 1, 1, BufferedImage.TYPE_INT_ARGB, 0x33ff0000);
    assertThat(first(ImageFolder.read(folder)))
        .containsExactly(new float[] {1, 0.8f, 0.8f}, Offset.offset(1e-6f));
    assertThat(first(ImageFolder.read(folder).over(Rgb.BLACK)))
        .containsExactly(new float[] {0.2f, 0, 0}, Offset.offset(1e-6f));
  }

  @Test
  void mixedSizesNeedAPreprocessor() throws IOException {
    write("c/a.png", 2, 2, BufferedImage.TYPE_INT_RGB, 0xffffff);
    write("c/b.png", 5, 3, BufferedImage.TYPE_INT_RGB, 0xffffff);
    ImageFolder listing = ImageFolder.read(folder);
    assertThatThrownBy(listing::all)
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("b.png: 5 x 3 pixels")
        .hasMessageContaining("preprocessedBy");
    try (LabeledImages set = listing.preprocessedBy(x -> Ops.resizeNearest(x, 4, 6)).all()) {
      assertThat(set.images().getShape().getShape()).containsExactly(2, 3, 4, 6);
      assertThat(set.images().mean().getFloat()).isEqualTo(1f);
    }
  }

  @Test
  void aPictureThatClaimsABillionPixelsIsRefusedByItsHeader() throws IOException {
    Path file = write("c/a.png", 1, 1, BufferedImage.TYPE_INT_RGB, 0);
    byte[] png = Files.readAllBytes(file);
    ByteBuffer.wrap(png).putInt(16, 40_000).putInt(20, 40_000);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    Files.write(file, png);
    assertThatThrownBy(() -> ImageFolder.read(folder).all())
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("40000 x 40000 pixels");
  }

  @Test
  void limitsBoundFolderAndMemory() throws IOException {
    write("c/a.png", 8, 8, BufferedImage.TYPE_INT_RGB, 0);
    write("c/b.png", 8, 8, BufferedImage.TYPE_INT_RGB, 0);
    ReadLimits limits = ReadLimits.defaults();
    assertThatThrownBy(() -> ImageFolder.read(folder, limits.withMaxItems(1)))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("more entries than the limit of 1");
    assertThatThrownBy(() -> ImageFolder.read(folder, limits.withMaxBytes(300)).all())
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("read fewer");
    assertThatThrownBy(() -> ImageFolder.read(folder.resolve("absent")))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("no such folder");
    Files.createDirectories(folder.resolve("none"));
    assertThatThrownBy(() -> ImageFolder.read(folder.resolve("none")))
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("no .png");
  }

  @Test
  void filesThatAreNoPicturesAreRefusedWhateverTheirName() throws IOException {
    Files.createDirectories(folder.resolve("c"));
    Files.writeString(folder.resolve("c/a.png"), "<svg onload=alert(1)>");
    assertThatThrownBy(() -> ImageFolder.read(folder).all())
        .isInstanceOf(InvalidDataFile.class)
        .hasMessageContaining("a.png at byte 0: neither a PNG nor a JPEG");
  }

  @Test
  void damagedPicturesGiveOneKindOfError() throws IOException {
    ReadLimits limits = ReadLimits.defaults().withMaxPixels(1_000_000);
    BufferedImage noisy = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      noisy.setRGB(i % 16, i / 16, i * 0x9e3779);
    }
    Path png = write("a.png", noisy);
    assertThat(Mutations.refused(png, 300, 41, f -> Picture.read(f, limits))).isBetween(60, 299);
    Path jpeg = write("a.jpg", noisy);
    assertThat(Mutations.refused(jpeg, 300, 42, f -> Picture.read(f, limits))).isBetween(30, 299);
  }
}
