package org.safety4j.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Provenance;

class PictureSheetTest {
  private static LabeledImages images(float... pixels) {
    return LabeledImages.of("two", pixels, new Shape(1, 1, 2), new int[] {0}, List.of("a", "b"));
  }

  private static EvasionResult result(LabeledImages moved) {
    return EvasionResult.of(moved.images(), Norm.LINF)
        .add(new EvasionResult.Sample(0, 0, 1, true, 0.25, 3, 1))
        .provenance(new Provenance("test", "", 0, "m", "d", Map.of(), Instant.EPOCH))
        .build();
  }

  @Test
  void showsOriginalAdversarialImageAndAmplifiedDifference() {
    try (LabeledImages clean = images(0.5f, 1);
        LabeledImages moved = images(0.25f, 1);
        EvasionResult result = result(moved)) {
      BufferedImage sheet = PictureSheet.draw(result, clean);
      // Cells of 96 pixels, 8 apart, the first at 16; a picture 2 wide and 1 high fills the middle.
      int y = 8 + 48;
      int left = 16 + 24;
      int right = 16 + 72;
      assertThat(sheet.getRGB(left, y) & 0xff).isEqualTo(128);
      assertThat(sheet.getRGB(right, y) & 0xff).isEqualTo(255);
      assertThat(sheet.getRGB(left + 104, y) & 0xff).isEqualTo(64);
      assertThat(sheet.getRGB(left + 208, y) & 0xff).as("the largest fall is black").isZero();
      assertThat(sheet.getRGB(right + 208, y) & 0xff).as("no change is grey").isEqualTo(128);
    }
  }

  @Test
  void writesAPngThatReadsBack(@TempDir Path folder) throws Exception {
    try (LabeledImages clean = images(0.5f, 1);
        LabeledImages moved = images(0.25f, 1);
        EvasionResult result = result(moved)) {
      Path file = PictureSheet.write(result, clean, folder.resolve("sheet.png"));
      BufferedImage drawn = PictureSheet.draw(result, clean);
      BufferedImage read = ImageIO.read(file.toFile());
      assertThat(read.getWidth()).isEqualTo(drawn.getWidth());
      assertThat(read.getRGB(40, 56)).isEqualTo(drawn.getRGB(40, 56));
    }
  }

  @Test
  void refusesAResultOfOtherImages() {
    try (LabeledImages two = images(0.5f, 1);
        LabeledImages three =
            LabeledImages.of(
                "three", new float[3], new Shape(1, 1, 3), new int[] {0}, List.of("a", "b"));
        EvasionResult result = result(two)) {
      assertThatThrownBy(() -> PictureSheet.draw(result, three))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(1, 1, 1, 3)");
    }
  }
}
