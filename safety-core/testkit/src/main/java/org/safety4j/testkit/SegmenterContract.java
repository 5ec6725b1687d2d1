package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.Segmenter.Prediction;
import org.safety4j.core.model.Segmenter.Prompt;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;

/** What every segmenter must keep to. */
public abstract class SegmenterContract extends ModelContract<Segmenter.Gray> {
  private static final int IMAGES = 2;
  private NDArray images;
  private Prompt point;

  /** For subclasses. */
  protected SegmenterContract() {}

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(Segmenter.Black.class, Segmenter.Gray.class, Segmenter.White.class);
  }

  private NDArray images(NDManager owner) {
    return Rng.of(5).uniform(owner, new Shape(IMAGES).addAll(model().inputShape()), 0, 1);
  }

  private Prompt point(NDManager owner) {
    Shape image = model().inputShape();
    return Prompt.point(owner, image.get(2) / 3.0, image.get(1) / 2.0);
  }

  @Override
  void prepare() {
    images = images(manager());
    point = point(manager());
  }

  @Override
  protected float[] answer(Segmenter.Gray asked, NDManager own) {
    return asked.predict(images(own), point(own), false).logits().toFloatArray();
  }

  @Override
  void use() {
    free(model().segment(images, point), model().predict(images, point, true));
    if (model() instanceof Segmenter.White white) {
      try (NDArray embedded = white.embed(images)) {
        free(white.decode(embedded, point, false));
      }
      free(white.forward(images, point, false));
    }
  }

  @Test
  final void scoresEveryPixelOfEveryImage() {
    for (boolean several : new boolean[] {true, false}) {
      Prediction prediction = model().predict(images, point, several);
      Shape logits = prediction.logits().getShape();
      assertThat(logits.dimension()).isEqualTo(5);
      assertThat(logits.slice(0, 2)).isEqualTo(new Shape(IMAGES, 1));
      assertThat(prediction.overlap().getShape()).isEqualTo(logits.slice(0, 3));
      assertThat(logits.get(2)).matches(m -> several ? m > 1 : m == 1);
      assertFinite(prediction.logits());
      assertFinite(prediction.overlap());
    }
  }

  @Test
  final void cutsOutTheReadingThatItThinksBest() {
    NDArray masks = model().segment(images, point);
    Shape image = model().inputShape();
    assertThat(masks.getShape()).isEqualTo(new Shape(IMAGES, 1, image.get(1), image.get(2)));
    assertThat(masks.getDataType()).isEqualTo(DataType.BOOLEAN);
    Prediction prediction = model().predict(images, point, true);
    for (int n = 0; n < IMAGES; n++) {
      long best = prediction.overlap().get(n, 0).argMax().getLong();
      NDArray logits = prediction.logits().get(n, 0, best).expandDims(0).expandDims(0);
      NDArray large = Ops.resizeBilinear(logits, (int) image.get(1), (int) image.get(2));
      assertThat(masks.get(n, 0).toBooleanArray()).isEqualTo(large.gt(0).toBooleanArray());
    }
  }

  @Test
  final void answersAnImageTheSameInEveryBatch() {
    assertNear(
        joined(IMAGES, i -> model().predict(Ops.rows(images, i), point, true).logits()),
        model().predict(images, point, true).logits(),
        tolerance());
  }

  @Test
  final void objectsAreReadApart() {
    Shape image = model().inputShape();
    float right = image.get(2) - 4;
    NDArray corners =
        manager().create(new float[] {2, 2, 9, 9, 5, 5, right, 20}, new Shape(1, 2, 4));
    NDArray both = model().predict(images, new Prompt(null, null, corners, null), false).logits();
    assertThat(both.getShape().get(1)).isEqualTo(2);
    NDArray second =
        model().predict(images, new Prompt(null, null, corners.get(":, 1:"), null), false).logits();
    assertNear(both.get(":, 1:"), second, tolerance());
  }

  @Test
  final void promptsMatter() {
    NDArray one = model().predict(images, point, false).logits();
    NDArray other = model().predict(images, Prompt.box(manager(), 1, 1, 9, 9), false).logits();
    assertThat(one.sub(other).abs().max().getFloat()).isGreaterThan(1e-6f);
  }

  @Test
  final void embeddedImagesGiveTheSamePrediction() {
    Segmenter.White white = as(Segmenter.White.class);
    Prediction direct = white.predict(images, point, true);
    Prediction decoded = white.decode(white.embed(images), point, true);
    assertNear(decoded.logits(), direct.logits(), tolerance());
    assertNear(decoded.overlap(), direct.overlap(), tolerance());
    assertThat(white.parameters()).isNotEmpty();
  }

  @Test
  final void gradientMatchesFiniteDifferences() {
    Segmenter.White white = as(Segmenter.White.class);
    assertGradient(
        images,
        Grad.of(x -> weighed(white.forward(x, point, false).logits()), images),
        x -> weighed(white.forward(x, point, false).logits()));
  }

  @Test
  final void refusesOtherShapes() {
    assertRefused(() -> model().predict(images.get("0"), point, true), "[N, C, H, W]");
    assertRefused(() -> model().predict(images.get(":, :, 1:"), point, true), "shape");
    Prompt three = new Prompt(null, null, manager().ones(new Shape(IMAGES + 1, 1, 4)), null);
    assertRefused(() -> model().predict(images, three, true), "boxes", "3");
  }
}
