package org.safety4j.defenses.engine.purify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

class JpegTransformTest {
  private NDManager m;

  @BeforeEach
  void open() {
    m = Tensors.newManager();
  }

  @AfterEach
  void close() {
    m.close();
  }

  /** Waves, edges and noise on 8-bit levels. */
  private static int[] picture(int channels, int height, int width) {
    int[] levels = new int[channels * height * width];
    var random = Rng.of(5).sequence();
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          double wave = Math.sin(0.23 * x * (c + 1) + 0.11 * y) + Math.cos(0.31 * y - 0.05 * c * x);
          double edge = x + y > (height + width) / 2 ? 40 : 0;
          double value = 100 + 45 * wave + edge + 12 * random.nextGaussian();
          levels[(c * height + y) * width + x] = (int) Math.max(0, Math.min(255, value));
        }
      }
    }
    return levels;
  }

  private NDArray array(int[] levels, int channels, int height, int width) {
    float[] values = new float[levels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = levels[i] / 255f;
    }
    return m.create(values, new Shape(1, channels, height, width));
  }

  private static int[] throughImageIo(
      int[] levels, int channels, int height, int width, int quality, boolean subsampled)
      throws IOException {
    int type = channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB;
    BufferedImage image = new BufferedImage(width, height, type);
    for (int c = 0; c < channels; c++) {
      int[] plane = new int[height * width];
      System.arraycopy(levels, c * plane.length, plane, 0, plane.length);
      image.getRaster().setSamples(0, 0, width, height, c, plane);
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam param = writer.getDefaultWriteParam();
    param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    param.setCompressionQuality(quality / 100f);
    IIOMetadata metadata = null;
    if (!subsampled && channels == 3) {
      metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), param);
      String format = metadata.getNativeMetadataFormatName();
      Node tree = metadata.getAsTree(format);
      Element component = (Element) ((Element) tree).getElementsByTagName("componentSpec").item(0);
      component.setAttribute("HsamplingFactor", "1");
      component.setAttribute("VsamplingFactor", "1");
      metadata.setFromTree(format, tree);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, metadata), param);
    } finally {
      writer.dispose();
    }
    Raster decoded = ImageIO.read(new ByteArrayInputStream(bytes.toByteArray())).getRaster();
    int[] result = new int[levels.length];
    for (int c = 0; c < channels; c++) {
      int[] plane = decoded.getSamples(0, 0, width, height, c, (int[]) null);
      System.arraycopy(plane, 0, result, c * plane.length, plane.length);
    }
    return result;
  }

  @ParameterizedTest
  @CsvSource({
    "1, 32, 40, 60, false",
    "1, 13, 21, 90, false",
    "1, 8, 8, 30, false",
    "3, 32, 48, 75, true",
    "3, 32, 32, 60, true",
    "3, 29, 37, 60, true",
    "3, 25, 18, 20, true",
    "3, 32, 24, 75, false",
    "3, 19, 30, 40, false"
  })
  void agreesWithTheImageIoCoder(
      int channels, int height, int width, int quality, boolean subsampled) throws IOException {
    int[] levels = picture(channels, height, width);
    int[] expected = throughImageIo(levels, channels, height, width, quality, subsampled);

    float[] actual =
        new JpegTransform(quality, subsampled, false)
            .apply(array(levels, channels, height, width))
            .toFloatArray();

    int near = 0;
    double change = 0;
    double difference = 0;
    for (int i = 0; i < actual.length; i++) {
      int level = Math.round(actual[i] * 255);
      assertThat((double) actual[i] * 255).isCloseTo(level, within(1e-3));
      near += Math.abs(level - expected[i]) <= 1 ? 1 : 0;
      difference += Math.abs(level - expected[i]);
      change += Math.abs(levels[i] - expected[i]);
    }
    // The coder's integer cosine transform rounds a few coefficients the other way.
    assertThat((double) near / actual.length).isGreaterThan(0.9);
    assertThat(difference).isLessThan(0.06 * change);
    assertThat(change / actual.length).isGreaterThan(1.5);
  }

  @Test
  void qualityOneHundredOnlyRounds() {
    NDArray x = array(picture(1, 16, 16), 1, 16, 16);

    float[] gap = new JpegTransform(100, true, false).apply(x).sub(x).abs().toFloatArray();

    for (float g : gap) {
      assertThat(g * 255).isLessThan(1.6f);
    }
  }

  @Test
  void lowerQualityRemovesMore() {
    NDArray x = array(picture(3, 24, 24), 3, 24, 24);
    double before = 0;

    for (int quality : new int[] {95, 75, 50, 20, 5}) {
      NDArray y = new JpegTransform(quality, true, false).apply(x);
      double removed = Ops.normL2(y.sub(x)).getFloat();
      assertThat(removed).isGreaterThan(before);
      before = removed;
    }
  }

  @Test
  void imagesOfABatchDoNotMix() {
    NDArray a = array(picture(3, 19, 21), 3, 19, 21);
    NDArray b = m.zeros(a.getShape());
    JpegTransform jpeg = new JpegTransform(60, true, false);

    assertThat(Ops.rows(jpeg.apply(b.concat(a, 0)), 1).toFloatArray())
        .isEqualTo(jpeg.apply(a).toFloatArray());
  }

  /** The standard's luminance table, which is that of quality 50. */
  private static final int[] LUMINANCE = {
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99
  };

  /** A grey block whose coefficients are all a quarter of their quantisation step. */
  private NDArray quarterOffLevels() {
    float[] pixels = new float[64];
    for (int u = 0; u < 8; u++) {
      for (int w = 0; w < 8; w++) {
        float[] basis = basis(u, w);
        for (int i = 0; i < 64; i++) {
          pixels[i] += 0.25f * LUMINANCE[8 * u + w] * basis[i];
        }
      }
    }
    return m.create(pixels, new Shape(1, 1, 8, 8)).add(128).div(255);
  }

  /** Where every coefficient lies a quarter off a level, the cubic stand-in's slope is 3/16. */
  @Test
  void smoothBackwardScalesEveryCoefficientByTheSlopeOfItsRounding() {
    NDArray x = quarterOffLevels();
    NDArray v = Rng.of(3).normal(m, x.getShape());
    JpegTransform jpeg = new JpegTransform(50, false, true);

    try (var at = Grad.of(z -> jpeg.standIn(z).mul(v).sum(), x)) {
      assertThat(at.gradient().toFloatArray())
          .usingComparatorWithPrecision(2e-3f)
          .containsExactly(v.mul(3 / 16f).toFloatArray());
    }
  }

  /** The colour planes of a grey picture are flat and lie on a level, where the slope is 0. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void smoothBackwardOfAGreyPictureGoesThroughItsLuminance(boolean subsampled) {
    NDArray grey = quarterOffLevels();
    NDArray x = grey.concat(grey, 1).concat(grey, 1);
    NDArray v = Rng.of(3).normal(m, x.getShape());
    JpegTransform jpeg = new JpegTransform(50, subsampled, true);
    NDArray weights =
        m.create(new float[] {0.299f, 0.587f, 0.114f}, new Shape(1, 3, 1, 1)).mul(3 / 16f);

    try (var at = Grad.of(z -> jpeg.standIn(z).mul(v).sum(), x)) {
      assertThat(at.gradient().toFloatArray())
          .usingComparatorWithPrecision(3e-3f)
          .containsExactly(v.sum(new int[] {1}, true).mul(weights).toFloatArray());
    }
  }

  private static float[] basis(int u, int w) {
    float[] values = new float[64];
    for (int y = 0; y < 8; y++) {
      for (int x = 0; x < 8; x++) {
        double norm = (u == 0 ? Math.sqrt(1 / 8.0) : 0.5) * (w == 0 ? Math.sqrt(1 / 8.0) : 0.5);
        values[8 * y + x] =
            (float)
                (norm
                    * Math.cos((2 * y + 1) * u * Math.PI / 16)
                    * Math.cos((2 * x + 1) * w * Math.PI / 16));
      }
    }
    return values;
  }

  @Test
  void identityBackwardIsTheDefault() {
    NDArray x = array(picture(1, 8, 8), 1, 8, 8);

    assertThat(new JpegTransform(60, true, false).standIn(x)).isSameAs(x);
  }

  @Test
  void errorsNameQualityAndChannels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new JpegTransform(0, true, false))
        .withMessage("quality must be in [1, 100], was 0");
    NDArray x = m.zeros(new Shape(1, 4, 8, 8));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new JpegTransform(60, true, false).apply(x))
        .withMessage("JPEG takes images of 1 or 3 channels, had 4");
  }
}
