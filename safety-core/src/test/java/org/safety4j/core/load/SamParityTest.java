package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.nn.Parity;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

class SamParityTest {
  private static Sam sam;

  @BeforeAll
  static void open() {
    sam = Models.open(Parity.folder("sam"), Sam.class);
  }

  @AfterAll
  static void close() {
    sam.close();
  }

  @Test
  void masksAndOverlapsAreThoseOfTheReference() {
    try (Parity parity = Parity.of("sam")) {
      parity.check(
          in -> {
            NDArray embeddings = sam.embed(in.get("images"));
            Segmenter.Prediction points =
                sam.decode(
                    embeddings,
                    new Segmenter.Prompt(in.get("points"), in.get("point_labels"), null, null),
                    true);
            Segmenter.Prediction box =
                sam.decode(
                    embeddings, new Segmenter.Prompt(null, null, in.get("boxes"), null), false);
            return Map.of(
                "image_embeddings", embeddings,
                "masks", points.logits(),
                "iou", points.overlap(),
                "box_masks", box.logits(),
                "box_iou", box.overlap());
          });
    }
  }

  @Test
  void combinedPromptsAreReadLikeTheReference() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        Sam model = Models.open(Fixtures.path("sam"), Sam.class);
        SafetensorsFile io = SafetensorsFile.open(Fixtures.path("sam-prompts/io.safetensors"))) {
      NDArray e = io.read("in.embeddings", model.manager());
      NDArray masks = io.read("in.masks", model.manager());
      NDArray points = io.read("in.points", model.manager());
      NDArray labels = io.read("in.labels", model.manager());
      NDArray boxes = io.read("in.boxes", model.manager());
      Map<String, Segmenter.Prompt> prompts =
          Map.of(
              "mask", new Segmenter.Prompt(null, null, null, masks),
              "points", new Segmenter.Prompt(points, labels, null, null),
              "all", new Segmenter.Prompt(points, labels, boxes, masks));
      prompts.forEach(
          (name, prompt) -> {
            Segmenter.Prediction found = model.decode(e, prompt, true);
            NDArray expected = io.read("out." + name + ".masks", model.manager());
            assertThat(found.logits().getShape()).as(name).isEqualTo(expected.getShape());
            assertThat(Parity.largestDifference(found.logits(), expected))
                .as(name)
                .isLessThan(1e-4f);
            assertThat(
                    Parity.largestDifference(
                        found.overlap(), io.read("out." + name + ".iou", model.manager())))
                .as(name)
                .isLessThan(1e-4f);
          });
    }
  }

  private static NDArray images(int n) {
    return Rng.of(3).uniform(sam.manager(), new Shape(n).addAll(sam.inputShape()), 0, 1);
  }

  @Test
  void segmentTakesTheReadingOfGreatestPredictedOverlap() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray x = images(2);
      Segmenter.Prompt prompt = Segmenter.Prompt.point(sam.manager(), 20, 12);
      NDArray mask = sam.segment(x, prompt);
      assertThat(mask.getShape()).isEqualTo(new Shape(2, 1, 48, 48));
      assertThat(mask.getDataType()).isEqualTo(DataType.BOOLEAN);
      Segmenter.Prediction all = sam.predict(x, prompt, true);
      for (int i = 0; i < 2; i++) {
        int best = (int) all.overlap().get(i).get(0).argMax().getLong();
        NDArray large = Ops.resizeBilinear(all.logits().get(i).get(0).expandDims(0), 48, 48);
        NDArray expected = large.get(0).get(best).gt(0);
        assertThat(mask.get(i).get(0).neq(expected).any().getBoolean()).isFalse();
      }
    }
  }

  @Test
  void aPromptForOneImageServesSeveral() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray x = images(2);
      Segmenter.Prompt prompt = Segmenter.Prompt.box(sam.manager(), 4, 6, 30, 40);
      NDArray both = sam.predict(x, prompt, true).logits();
      NDArray second = sam.predict(Ops.rows(x, 1), prompt, true).logits();
      assertThat(Parity.largestDifference(Ops.rows(both, 1), second)).isLessThan(1e-4f);
    }
  }

  @Test
  void everyPartOfAPromptCounts() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray e = sam.embed(images(1));
      NDArray at = sam.manager().create(new float[] {9, 9}, new Shape(1, 1, 1, 2));
      NDArray label = sam.manager().create(new long[] {1}, new Shape(1, 1, 1));
      NDArray box = sam.manager().create(new float[] {2, 2, 20, 20}, new Shape(1, 1, 4));
      int side = 4 * sam.config().vision().side();
      NDArray mask = Rng.of(4).normal(sam.manager(), new Shape(1, 1, side, side));
      NDArray full = logits(e, new Segmenter.Prompt(at, label, box, mask));
      assertThat(
              Parity.largestDifference(full, logits(e, new Segmenter.Prompt(at, label, box, null))))
          .isGreaterThan(1e-3f);
      assertThat(
              Parity.largestDifference(
                  full, logits(e, new Segmenter.Prompt(at, label, null, mask))))
          .isGreaterThan(1e-3f);
      assertThat(
              Parity.largestDifference(
                  full, logits(e, new Segmenter.Prompt(null, null, box, mask))))
          .isGreaterThan(1e-3f);
      assertThat(
              Parity.largestDifference(
                  full, logits(e, new Segmenter.Prompt(null, null, null, mask))))
          .isGreaterThan(1e-3f);
      NDArray outside = sam.manager().create(new long[] {0}, new Shape(1, 1, 1));
      assertThat(
              Parity.largestDifference(
                  full, logits(e, new Segmenter.Prompt(at, outside, box, mask))))
          .isGreaterThan(1e-3f);
    }
  }

  private static NDArray logits(NDArray embeddings, Segmenter.Prompt prompt) {
    return sam.decode(embeddings, prompt, true).logits();
  }

  @Test
  void wrongPromptsAreNamed() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> new Segmenter.Prompt(null, null, null, null))
          .hasMessageContaining("points, boxes or masks");
      assertThatThrownBy(() -> Segmenter.Prompt.box(sam.manager(), 9, 0, 3, 5))
          .hasMessageContaining("left <= right");
      NDArray three = sam.manager().zeros(new Shape(3, 1, 4));
      assertThatThrownBy(
              () -> sam.predict(images(2), new Segmenter.Prompt(null, null, three, null), true))
          .hasMessageContaining("boxes must be for 1 image or 2, were for 3");
      NDArray small = sam.manager().zeros(new Shape(1, 1, 5, 5));
      assertThatThrownBy(
              () -> sam.predict(images(1), new Segmenter.Prompt(null, null, null, small), true))
          .hasMessageContaining("masks must be of shape");
    }
  }

  @Test
  void restrictedSegmenterCountsImagesAndHasNoGradients() {
    Segmenter.Gray gray = Access.restrict(sam, Segmenter.Gray.class, Budget.unlimited());
    try (Scope scope = Scope.open()) {
      gray.segment(images(2), Segmenter.Prompt.point(sam.manager(), 5, 5));
    }
    assertThat(Access.usage(gray).queries()).isEqualTo(2);
  }

  @Test
  void aCopyAnswersTheSame() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        Sam copy = sam.copy()) {
      Segmenter.Prompt prompt = Segmenter.Prompt.point(sam.manager(), 5, 5);
      NDArray x = images(1);
      assertThat(
              Parity.largestDifference(
                  copy.predict(x, prompt, true).logits(), sam.predict(x, prompt, true).logits()))
          .isZero();
    }
  }
}
