package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.model.WhiteText;
import org.safety4j.core.tensor.Grad;

/** What encoders and classifiers of text have in common. */
abstract class WhiteTextRules<M extends Model> extends ModelContract<M> {
  static final List<String> TEXTS = List.of("tell", "open the door", "the potion of the fox");

  WhiteTextRules() {}

  /** Numbers of each text, {@code [N, ...]}. */
  abstract NDArray read(List<String> texts);

  /** The same from embeddings, recorded. */
  abstract NDArray readOf(NDArray embeddings, TextBatch batch);

  @Override
  protected float[] answer(M asked, NDManager own) {
    return read(TEXTS).toFloatArray();
  }

  @Override
  void use() {
    free(read(TEXTS));
    if (model() instanceof WhiteText white) {
      try (TextBatch batch = white.tokens(TEXTS);
          NDArray embeddings = white.lookUp(batch.ids())) {
        free(readOf(embeddings, batch), white.onEmbeddings(embeddings));
        WhiteText.Trace trace = white.trace(embeddings, batch);
        free(trace.hidden(), trace.attention());
      }
    }
  }

  private WhiteText white() {
    return as(WhiteText.class);
  }

  @Test
  final void readsEveryText() {
    NDArray answers = read(TEXTS);
    assertThat(answers.getShape().get(0)).isEqualTo(TEXTS.size());
    assertFinite(answers);
    assertThat(answers.get(0).toFloatArray()).isNotEqualTo(answers.get(1).toFloatArray());
  }

  @Test
  final void readsATextTheSameInEveryBatch() {
    assertNear(joined(TEXTS.size(), i -> read(TEXTS.subList(i, i + 1))), read(TEXTS), tolerance());
  }

  @Test
  final void readsTheSameFromEmbeddings() {
    TextBatch batch = white().tokens(TEXTS);
    assertNear(readOf(white().lookUp(batch.ids()), batch), read(TEXTS), tolerance());
  }

  @Test
  final void gradientMatchesFiniteDifferences() {
    TextBatch batch = white().tokens(TEXTS);
    NDArray embeddings = white().lookUp(batch.ids());
    assertGradient(
        embeddings,
        Grad.of(e -> weighed(readOf(e, batch)), embeddings),
        e -> weighed(readOf(e, batch)));
  }

  @Test
  final void multipliesStatesWithTheEmbeddingsThatItLooksUp() {
    TextBatch batch = white().tokens(TEXTS.subList(1, 2));
    NDArray state = white().lookUp(batch.ids());
    NDArray products = white().onEmbeddings(state);
    NDArray rows = white().lookUp(manager().create(new long[] {3, 8}));
    NDArray expected = state.matMul(rows.transpose());
    assertNear(
        products.get("..., 3").expandDims(2).concat(products.get("..., 8").expandDims(2), 2),
        expected,
        tolerance());
  }

  @Test
  final void showsEveryBlockAndNoPadding() {
    TextBatch batch = white().tokens(TEXTS);
    WhiteText.Trace trace = white().trace(white().lookUp(batch.ids()), batch);
    Shape ids = batch.ids().getShape();
    assertThat(trace.hidden()).hasSize(white().blocks() + 1);
    assertThat(trace.attention()).hasSize(white().blocks());
    trace.hidden().forEach(ModelContract::assertFinite);
    for (NDArray attention : trace.attention()) {
      assertThat(attention.getShape())
          .isEqualTo(new Shape(ids.get(0), white().heads(), ids.get(1), ids.get(1)));
      assertDistributions(attention);
      NDArray onPadding = attention.mul(batch.mask().neg().add(1).reshape(ids.get(0), 1, 1, -1));
      assertThat(onPadding.max().getFloat()).isLessThan(1e-6f);
    }
  }

  @Test
  final void tokensArePaddedOnTheRight() {
    TextBatch batch = white().tokens(TEXTS);
    for (int i = 0; i < TEXTS.size(); i++) {
      TextBatch alone = white().tokens(TEXTS.subList(i, i + 1));
      long[] ids = alone.ids().toLongArray();
      assertThat(Arrays.copyOf(batch.ids().get(i).toLongArray(), ids.length)).isEqualTo(ids);
      assertThat(batch.mask().get(i).sum().getLong()).isEqualTo(ids.length);
    }
  }

  @Test
  final void refusesTextsThatAreTooLong() {
    String longText = "the ".repeat(white().contextLength() + 1);
    assertRefused(() -> read(List.of("tell", longText)), String.valueOf(white().contextLength()));
    assertRefused(() -> read(List.of()), "texts");
  }
}
