package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;

/** What every language model that reads images must keep to. */
public abstract class VisionLanguageModelContract extends ModelContract<VisionLanguageModel.Gray> {
  private static final Decoding FOUR = Decoding.greedy(4).endless();
  private NDArray images;
  private int[] row;
  private NDArray ids;

  /** For subclasses. */
  protected VisionLanguageModelContract() {}

  /**
   * Returns a text about one image.
   *
   * @return a text that spells the image token once
   */
  protected String text() {
    return "<image> tell me about the fox";
  }

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(
        VisionLanguageModel.Black.class,
        VisionLanguageModel.Gray.class,
        VisionLanguageModel.White.class);
  }

  private NDArray images(NDManager owner, int count) {
    return Rng.of(5).uniform(owner, new Shape(count).addAll(model().inputShape()), 0, 1);
  }

  private NDArray ids(NDManager owner) {
    return owner.create(wide(row), new Shape(1, row.length));
  }

  @Override
  void prepare() {
    images = images(manager(), 1);
    row = model().prompt(text());
    ids = ids(manager());
  }

  @Override
  protected float[] answer(VisionLanguageModel.Gray asked, NDManager own) {
    return asked.logits(images(own, 1), ids(own), LmContext.whole()).toFloatArray();
  }

  @Override
  void use() {
    free(model().logits(images, ids, LmContext.whole()));
    model().logProbabilities(images, row);
    model().generate(images, row, FOUR);
    if (model() instanceof VisionLanguageModel.White white) {
      try (NDArray seen = white.imageTokens(images);
          NDArray tokens = white.tokenEmbeddings(ids);
          NDArray all = white.splice(tokens, ids, seen)) {
        free(white.logitsOf(all, LmContext.whole()));
      }
      free(white.gradient(images, ids, LmContext.whole(), z -> z.sum()));
    }
  }

  private VisionLanguageModel.White white() {
    return as(VisionLanguageModel.White.class);
  }

  @Test
  final void anImageTakesItsTokens() {
    assertThat(Arrays.stream(row).filter(id -> id == model().imageToken()).count())
        .isEqualTo(model().imageTokenCount());
    assertThat(Arrays.stream(model().prompt("no picture"))).doesNotContain(model().imageToken());
  }

  @Test
  final void scoresEveryPosition() {
    NDArray logits = model().logits(images, ids, LmContext.whole());
    assertThat(logits.getShape().slice(0, 2)).isEqualTo(new Shape(1, row.length));
    assertFinite(logits);
    assertNear(
        model().logits(images, ids, LmContext.whole().withLast(2)),
        logits.get(":, -2:"),
        tolerance());
  }

  @Test
  final void rowsAreReadAsIfAlone() {
    NDArray two = images(manager(), 2);
    NDArray both = model().logits(two, ids.concat(ids, 0), LmContext.whole());
    assertNear(
        joined(2, i -> model().logits(Ops.rows(two, i), ids, LmContext.whole())),
        both,
        tolerance());
    assertThat(both.get(0).sub(both.get(1)).abs().max().getFloat()).isGreaterThan(1e-6f);
  }

  @Test
  final void readsTextsWithoutImages() {
    int[] plain = model().prompt("tell me about the fox");
    NDArray logits =
        model()
            .logits(
                null, manager().create(wide(plain), new Shape(1, plain.length)), LmContext.whole());
    assertFinite(logits);
    assertThat(model().generate(null, plain, FOUR).ids()).hasSize(4);
  }

  @Test
  final void logProbabilitiesAreThoseOfTheScores() {
    NDArray z = Ops.logSoftmax(model().logits(images, ids, LmContext.whole()).get(0));
    double[] found = model().logProbabilities(images, row);
    assertThat(found).hasSize(row.length - 1);
    for (int t = 1; t < row.length; t++) {
      assertThat(found[t - 1]).isCloseTo(z.getFloat(t - 1, row[t]), offset(tolerance()));
    }
  }

  @Test
  final void writesWhatItScoresHighestAndTellsEachToken() {
    List<Integer> heard = new ArrayList<>();
    Completion written =
        model().stream(
            images,
            row,
            FOUR,
            (id, text) -> {
              heard.add(id);
              return true;
            });
    assertThat(Arrays.stream(written.ids()).boxed()).isEqualTo(heard);
    assertThat(model().generate(images, row, FOUR).ids()).isEqualTo(written.ids());
    assertThat(written.promptTokens()).isEqualTo(row.length);
    NDArray next = model().logits(images, ids, LmContext.whole()).get(0).get(-1);
    assertThat(written.ids()[0]).isEqualTo((int) next.argMax().getLong());
  }

  @Test
  final void readsTheSameFromEmbeddings() {
    NDArray seen = white().imageTokens(images);
    assertThat(seen.getShape().slice(0, 2)).isEqualTo(new Shape(1, white().imageTokenCount()));
    NDArray all = white().splice(white().tokenEmbeddings(ids), ids, seen);
    NDArray direct = white().logits(images, ids, LmContext.whole());
    assertNear(white().logitsOf(all, LmContext.whole()), direct, tolerance());
    assertNear(white().logitsRecorded(images, ids, LmContext.whole()), direct, tolerance());
    assertThat(white().parts()).containsKeys("vision", "language");
  }

  @Test
  final void gradientForImagesMatchesFiniteDifferences() {
    LmContext context = LmContext.whole();
    assertGradient(
        images,
        white().gradient(images, ids, context, ModelContract::weighed),
        x -> weighed(white().logitsRecorded(x, ids, context)));
  }

  @Test
  final void refusesImagesAndPlacesThatDoNotFit() {
    NDArray two = images(manager(), 2);
    assertRefused(() -> model().logits(two, ids, LmContext.whole()), "2");
    assertRefused(() -> model().generate(null, row, FOUR), "images");
    assertRefused(
        () -> model().generate(images, model().prompt("no picture"), FOUR), "image token");
    assertRefused(() -> model().generate(images.get("0"), row, FOUR), "[N, C, H, W]");
    assertRefused(() -> model().generate(images, row, Decoding.beams(3, 2)), "beam");
  }
}
