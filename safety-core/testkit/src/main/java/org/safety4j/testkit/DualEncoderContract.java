package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.Model;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;

/** What every model that embeds images and texts in one space must keep to. */
public abstract class DualEncoderContract extends ModelContract<DualEncoder.Gray> {
  private static final int IMAGES = 3;
  private static final List<String> TEXTS =
      List.of("a cat", "a photo of a dog on the table", "fox", "two hens");
  private NDArray images;

  /** For subclasses. */
  protected DualEncoderContract() {}

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(DualEncoder.Black.class, DualEncoder.Gray.class, DualEncoder.White.class);
  }

  private NDArray images(NDManager owner) {
    return Rng.of(5).uniform(owner, new Shape(IMAGES).addAll(model().inputShape()), 0, 1);
  }

  @Override
  void prepare() {
    images = images(manager());
  }

  @Override
  protected float[] answer(DualEncoder.Gray asked, NDManager own) {
    NDArray texts = asked.textEmbeddings(TEXTS);
    return asked.imageEmbeddings(images(own)).matMul(texts.transpose()).toFloatArray();
  }

  @Override
  void use() {
    free(model().imageEmbeddings(images), model().textEmbeddings(TEXTS));
    model().match(images, TEXTS);
    if (model() instanceof DualEncoder.White white) {
      try (DualEncoder.TextBatch batch = white.tokenize(TEXTS);
          NDArray tokens = white.tokenEmbeddings(batch.ids())) {
        free(white.embedTokens(tokens, batch), white.embedImages(images));
      }
      free(white.linearize(images));
      for (String layer : white.layers()) {
        free(white.features(images, layer));
      }
    }
  }

  @Test
  final void embedsOnTheUnitSphere() {
    NDArray seen = model().imageEmbeddings(images);
    NDArray read = model().textEmbeddings(TEXTS);
    assertThat(seen.getShape().get(0)).isEqualTo(IMAGES);
    assertThat(read.getShape()).isEqualTo(new Shape(TEXTS.size(), seen.getShape().get(1)));
    for (NDArray each : List.of(seen, read)) {
      assertThat(each.square().sum(new int[] {1}).sub(1).abs().max().getFloat()).isLessThan(1e-4f);
    }
    assertThat(model().logitScale()).isPositive();
  }

  @Test
  final void embedsEachTheSameInEveryBatch() {
    assertNear(
        joined(IMAGES, i -> model().imageEmbeddings(Ops.rows(images, i))),
        model().imageEmbeddings(images),
        tolerance());
    assertNear(
        joined(TEXTS.size(), i -> model().textEmbeddings(TEXTS.subList(i, i + 1))),
        model().textEmbeddings(TEXTS),
        tolerance());
  }

  @Test
  final void matchesAndClassifiesByTheCosine() {
    NDArray cosines =
        model().imageEmbeddings(images).matMul(model().textEmbeddings(TEXTS).transpose());
    int[] best = new int[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      best[i] = (int) cosines.get(i).argMax().getLong();
    }
    assertThat(model().match(images, TEXTS)).isEqualTo(best);
    try (ImageClassifier.Gray classifier = model().zeroShot(TEXTS)) {
      assertNear(
          classifier.logits(images),
          cosines.mul(model().logitScale()),
          tolerance() * model().logitScale());
      assertThat(classifier.labels(images)).isEqualTo(best);
    }
    assertThat(model().match(images, TEXTS)).isEqualTo(best);
  }

  @Test
  final void recordedEmbeddingsAreTheSame() {
    DualEncoder.White white = as(DualEncoder.White.class);
    assertNear(white.embedImages(images), white.imageEmbeddings(images), tolerance());
    DualEncoder.TextBatch batch = white.tokenize(TEXTS);
    assertThat(batch.ids().getShape()).isEqualTo(batch.mask().getShape());
    assertNear(
        white.embedTokens(white.tokenEmbeddings(batch.ids()), batch),
        white.textEmbeddings(TEXTS),
        tolerance());
    try (Linearized at = white.linearize(images)) {
      assertNear(at.logits(), white.imageEmbeddings(images), tolerance());
    }
  }

  @Test
  final void gradientsMatchFiniteDifferences() {
    DualEncoder.White white = as(DualEncoder.White.class);
    assertGradient(
        images,
        Grad.of(x -> weighed(white.embedImages(x)), images),
        x -> weighed(white.embedImages(x)));
    DualEncoder.TextBatch batch = white.tokenize(TEXTS);
    NDArray tokens = white.tokenEmbeddings(batch.ids());
    assertGradient(
        tokens,
        Grad.of(x -> weighed(white.embedTokens(x, batch)), tokens),
        x -> weighed(white.embedTokens(x, batch)));
  }

  @Test
  final void pullsBackWhatTheGradientSays() {
    DualEncoder.White white = as(DualEncoder.White.class);
    try (Linearized at = white.linearize(images)) {
      NDArray cotangent = Rng.of(31).normal(manager(), at.logits().getShape());
      NDArray direct = Grad.of(x -> white.embedImages(x).mul(cotangent), images).gradient();
      assertNear(at.pullback(cotangent), direct, tolerance());
    }
  }

  @Test
  final void readsItsLayers() {
    DualEncoder.White white = as(DualEncoder.White.class);
    assertThat(white.layers()).isNotEmpty().doesNotHaveDuplicates();
    for (String layer : white.layers()) {
      NDArray features = white.features(images, layer);
      assertThat(features.getShape().get(0)).isEqualTo(IMAGES);
      assertFinite(features);
    }
    assertRefused(
        () -> white.features(images, "no such layer"), "no such layer", white.layers().get(0));
  }

  @Test
  final void refusesWhatItCannotRead() {
    assertRefused(() -> model().imageEmbeddings(images.get("0")), "[N, C, H, W]");
    assertRefused(() -> model().imageEmbeddings(images.get(":, :, 1:")), "shape");
    assertRefused(() -> model().textEmbeddings(List.of()), "texts");
  }
}
