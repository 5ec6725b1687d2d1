package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.tensor.Tensors;

class ImagePreprocessorTest {
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

  private static ImagePreprocessor of(String json) {
    return ImagePreprocessor.of(HfConfig.parse("preprocessor_config.json", json));
  }

  private static final String NORM = "\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.5,0.5,0.5]";

  @ParameterizedTest
  @ValueSource(strings = {"clip", "vit", "vit_bicubic", "sam"})
  void agreesWithTheReferenceToTheBit(String processor) throws IOException {
    ImagePreprocessor preprocessor =
        ImagePreprocessor.read(
            Fixtures.path("preprocess/" + processor + "/preprocessor_config.json"));
    BufferedImage picture = ImageIO.read(Fixtures.path("preprocess/picture.png").toFile());
    float[] prepared = preprocessor.prepare(picture, manager).toFloatArray();
    try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path("preprocess/io.safetensors"))) {
      NDArray expected = file.read("out." + processor + ".pixel_values", manager);
      Normalization norm = preprocessor.normalization();
      int plane = prepared.length / 3;
      float[] values = expected.toFloatArray();
      assertThat(prepared).hasSameSizeAs(values);
      for (int i = 0; i < values.length; i++) {
        double pixel = values[i] * norm.std().get(i / plane) + norm.mean().get(i / plane);
        assertThat((double) prepared[i]).isCloseTo(pixel, within(1e-5));
      }
    }
  }

  @Test
  void convnextResizesTheShortEdgeAndCropsOrWarps() {
    ImagePreprocessor small =
        of(
            "{\"image_processor_type\":\"ConvNextImageProcessor\",\"size\":{\"shortest_edge\":224},\"crop_pct\":0.875,"
                + NORM
                + "}");
    assertThat(small.outputSize()).isEqualTo(new ImagePreprocessor.Size(224, 224));
    assertThat(small.resized(new ImagePreprocessor.Size(512, 300)))
        .isEqualTo(new ImagePreprocessor.Size(436, 256));
    ImagePreprocessor large =
        of(
            "{\"image_processor_type\":\"ConvNextImageProcessor\",\"size\":{\"shortest_edge\":384},"
                + NORM
                + "}");
    assertThat(large.outputSize()).isEqualTo(new ImagePreprocessor.Size(384, 384));
    assertThat(large.resized(new ImagePreprocessor.Size(512, 300)))
        .isEqualTo(new ImagePreprocessor.Size(384, 384));
  }

  @Test
  void plainNumbersMeanASquareOrAShortEdge() {
    assertThat(
            of("{\"image_processor_type\":\"ViTFeatureExtractor\",\"size\":24," + NORM + "}")
                .outputSize())
        .isEqualTo(new ImagePreprocessor.Size(24, 24));
    ImagePreprocessor clip =
        of(
            "{\"feature_extractor_type\":\"CLIPFeatureExtractor\",\"size\":32,\"crop_size\":30,"
                + NORM
                + "}");
    assertThat(clip.outputSize()).isEqualTo(new ImagePreprocessor.Size(30, 30));
    assertThat(clip.resized(new ImagePreprocessor.Size(64, 100)))
        .isEqualTo(new ImagePreprocessor.Size(32, 50));
  }

  /** A crop larger than the picture surrounds it with black, the odd pixel on the upper left. */
  @Test
  void cropLargerThanThePictureIsBlackAround() {
    ImagePreprocessor processor =
        of(
            "{\"do_resize\":false,\"size\":{\"height\":2,\"width\":2},\"crop_size\":{\"height\":5,\"width\":2},"
                + NORM
                + "}");
    BufferedImage picture = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(0, 0, 0xff0000);
    float[] red = processor.prepare(picture, manager).get("0,0").toFloatArray();
    assertThat(red).containsExactly(0, 0, 0, 0, 1, 0, 0, 0, 0, 0);
  }

  /** Java's own conversion of gray pictures applies a gamma curve: 128 would become 188. */
  @ParameterizedTest
  @CsvSource({"10", "11"})
  void grayPicturesKeepTheirStoredValues(int type) {
    BufferedImage gray = new BufferedImage(1, 1, type);
    int depth = gray.getSampleModel().getSampleSize(0);
    gray.getRaster().setSample(0, 0, 0, 128 << depth - 8);
    ImagePreprocessor processor = ImagePreprocessor.resizing(1, 1, Normalization.none(3));
    assertThat(processor.prepare(gray, manager).toFloatArray()).containsOnly(128 / 255f);
  }

  @Test
  void alphaIsDropped() {
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    picture.setRGB(0, 0, 0x00336699);
    ImagePreprocessor processor = ImagePreprocessor.resizing(1, 1, Normalization.none(3));
    assertThat(processor.prepare(picture, manager).toFloatArray())
        .containsExactly(0x33 / 255f, 0x66 / 255f, 0x99 / 255f);
  }

  @Test
  void oneChannelModelsGetLuma() {
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(0, 0, 0x00ff00);
    ImagePreprocessor processor = ImagePreprocessor.resizing(1, 1, Normalization.same(1, .5, .5));
    NDArray prepared = processor.prepare(picture, manager);
    assertThat(prepared.getShape()).isEqualTo(new Shape(1, 1, 1, 1));
    assertThat(prepared.toFloatArray()).containsExactly(150 / 255f);
  }

  @Test
  void batchesStackPicturesOfOneSize() {
    BufferedImage a = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
    BufferedImage b = new BufferedImage(8, 2, BufferedImage.TYPE_INT_RGB);
    assertThat(
            ImagePreprocessor.resizing(3, 2, Normalization.none(3))
                .prepare(List.of(a, b), manager)
                .getShape())
        .isEqualTo(new Shape(2, 3, 2, 3));
    ImagePreprocessor edge = of("{\"size\":{\"shortest_edge\":4}," + NORM + "}");
    assertThatThrownBy(() -> edge.prepare(List.of(a, b), manager))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4x4 and 16x4");
  }

  /** The model's input (255 r x - mean) / std is expressed for x in [0,1]. */
  @Test
  void otherRescalingIsFoldedIntoMeanAndStd() {
    Normalization bytes =
        of("{\"size\":8,\"do_rescale\":false,\"image_mean\":[51,51,51],\"image_std\":[255,255,255]}")
            .normalization();
    assertThat(bytes.mean()).containsOnly(0.2);
    assertThat(bytes.std()).containsOnly(1.0);
    Normalization doubled =
        of("{\"size\":8,\"rescale_factor\":0.00784313725490196,\"do_normalize\":false}")
            .normalization();
    assertThat(doubled.std()).allSatisfy(s -> assertThat(s).isCloseTo(0.5, within(1e-12)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip", "vit", "vit_bicubic", "sam"})
  void writingAndReadingGivesTheSamePreprocessor(String processor) throws IOException {
    ImagePreprocessor before =
        ImagePreprocessor.read(
            Fixtures.path("preprocess/" + processor + "/preprocessor_config.json"));
    Path file = folder.resolve("preprocessor_config.json");
    before.write(file);
    ImagePreprocessor after = ImagePreprocessor.read(file);
    String kind =
        processor.equals("clip")
            ? "CLIPImageProcessor"
            : processor.equals("sam") ? "SamImageProcessor" : "ViTImageProcessor";
    assertThat(HfConfig.read(file).string("image_processor_type")).isEqualTo(kind);
    BufferedImage picture = ImageIO.read(Fixtures.path("preprocess/picture.png").toFile());
    assertThat(after.prepare(picture, manager)).isEqualTo(before.prepare(picture, manager));
    assertThat(after.normalization()).isEqualTo(before.normalization());
  }

  @Test
  void whatIsNotSupportedOrOutOfRangeIsNamed() {
    assertThatThrownBy(
            () -> of("{\"image_processor_type\":\"FuyuImageProcessor\",\"size\":8," + NORM + "}"))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("FuyuImageProcessor");
    assertThatThrownBy(() -> of("{\"size\":8,\"resample\":9," + NORM + "}"))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("\"resample\"");
    assertThatThrownBy(() -> of("{\"size\":100000," + NORM + "}")).hasMessageContaining("16384");
    assertThatThrownBy(() -> of("{\"size\":8,\"image_mean\":[0.5,0.5],\"image_std\":[1,1]}"))
        .hasMessageContaining("image_mean");
    assertThatThrownBy(() -> of("{\"size\":8,\"image_mean\":[0.5],\"image_std\":[0]}"))
        .hasMessageContaining("image_std");
    assertThatThrownBy(() -> of("{" + NORM + "}"))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("size");
  }

  @Test
  void picturesThatDoNotFitAreNamed() {
    ImagePreprocessor fixed =
        of("{\"do_resize\":false,\"size\":{\"height\":8,\"width\":8}," + NORM + "}");
    assertThatThrownBy(
            () -> fixed.prepare(new BufferedImage(7, 8, BufferedImage.TYPE_INT_RGB), manager))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("7x8")
        .hasMessageContaining("do_resize");
    ImagePreprocessor edge = of("{\"size\":{\"shortest_edge\":10000}," + NORM + "}");
    assertThatThrownBy(
            () -> edge.prepare(new BufferedImage(1000, 1, BufferedImage.TYPE_INT_RGB), manager))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("outside [1, 16384]");
  }

  /** Pixel 18 lies on the edge between 99 and 100, where adding up steps decides. */
  @Test
  void nearestTakesThePixelsThatTheReferenceTakes() {
    Pixels ramp = new Pixels(200, 1);
    for (int x = 0; x < 200; x++) {
      ramp.set(x, 0, 0, x);
    }
    Pixels small = Resample.NEAREST.resize(ramp, 37, 1);
    assertThat(small.get(17, 0, 0)).isEqualTo(94);
    assertThat(small.get(18, 0, 0)).isEqualTo(99);
    assertThat(small.get(19, 0, 0)).isEqualTo(105);
  }
}
