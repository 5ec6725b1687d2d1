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
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.Model;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.TokenListener;

/** What every language model must keep to. */
public abstract class CausalLmContract extends ModelContract<CausalLm.Gray> {
  private static final Decoding FOUR = Decoding.greedy(4).endless();
  private int[] longer;
  private int[] shorter;
  private NDArray ids;

  /** For subclasses. */
  protected CausalLmContract() {}

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(CausalLm.Black.class, CausalLm.Gray.class, CausalLm.White.class);
  }

  /**
   * Returns a prompt of five tokens or more.
   *
   * @return ids of the model's vocabulary; by default spread over it
   */
  protected int[] prompt() {
    int v = model().vocabularySize();
    return new int[] {v / 7, v / 3, v / 2, 2 * v / 3, v / 5, v - 1};
  }

  @Override
  void prepare() {
    longer = prompt();
    shorter = Arrays.copyOf(longer, longer.length - 2);
    ids = ids(manager(), longer);
  }

  private static NDArray ids(NDManager owner, int... row) {
    return owner.create(wide(row), new Shape(1, row.length));
  }

  @Override
  protected float[] answer(CausalLm.Gray asked, NDManager own) {
    return asked.logits(ids(own, longer), LmContext.whole()).toFloatArray();
  }

  @Override
  void use() {
    free(model().logits(ids, LmContext.whole()), model().nextLogits(List.of(longer, shorter)));
    model().logProbabilities(List.of(longer));
    model().generate(List.of(longer, shorter), FOUR);
    model().stream(longer, FOUR, TokenListener.SILENT);
    try (KvPrefix prefix = model().remember(shorter)) {
      model().generate(List.of(longer), FOUR, prefix);
    }
    if (model() instanceof CausalLm.White white) {
      try (NDArray embeddings = white.embed(ids)) {
        free(white.logitsOf(embeddings, LmContext.whole()), white.onEmbeddings(embeddings));
        free(white.gradient(embeddings, LmContext.whole(), z -> z.sum()));
        CausalLm.Trace trace = white.trace(embeddings, LmContext.whole());
        free(trace.logits(), trace.hidden(), trace.attention());
      }
    }
  }

  private CausalLm.White white() {
    return as(CausalLm.White.class);
  }

  private NDArray last(NDArray logits) {
    return logits.get(":, -1");
  }

  @Test
  final void scoresEveryPosition() {
    NDArray logits = model().logits(ids, LmContext.whole());
    assertThat(logits.getShape()).isEqualTo(new Shape(1, longer.length, model().vocabularySize()));
    assertFinite(logits);
    assertNear(
        model().logits(ids, LmContext.whole().withLast(2)), logits.get(":, -2:"), tolerance());
  }

  @Test
  final void whatComesLaterDoesNotMatter() {
    NDArray whole = model().logits(ids, LmContext.whole());
    NDArray start = model().logits(ids(manager(), shorter), LmContext.whole());
    assertNear(start, whole.get(":, :" + shorter.length), tolerance());
  }

  @Test
  final void rowsOfDifferentLengthAreReadAsIfAlone() {
    NDArray together = model().nextLogits(List.of(longer, shorter));
    assertNear(
        joined(
            2,
            i -> last(model().logits(i == 0 ? ids : ids(manager(), shorter), LmContext.whole()))),
        together,
        tolerance());
    int padding = longer.length - shorter.length;
    int[] padded = new int[longer.length];
    System.arraycopy(shorter, 0, padded, padding, shorter.length);
    NDArray left =
        model().logits(ids(manager(), padded), LmContext.whole().withLeftPadding(padding));
    assertNear(last(left), Ops.rows(together, 1), tolerance());
  }

  @Test
  final void logProbabilitiesAreThoseOfTheScores() {
    NDArray z = Ops.logSoftmax(model().logits(ids, LmContext.whole()).get(0));
    List<double[]> found = model().logProbabilities(List.of(longer, shorter));
    for (int t = 1; t < longer.length; t++) {
      double expected = z.getFloat(t - 1, longer[t]);
      assertThat(found.get(0)[t - 1]).isCloseTo(expected, offset(tolerance()));
      if (t < shorter.length) {
        assertThat(found.get(1)[t - 1]).isCloseTo(expected, offset(tolerance()));
      }
    }
    assertThat(found.get(1)).hasSize(shorter.length - 1);
  }

  @Test
  final void writesWhatItScoresHighest() {
    int[] row = longer;
    Completion written = model().generate(List.of(longer), FOUR).get(0);
    assertThat(written.ids()).hasSize(4);
    assertThat(written.finish()).isEqualTo(Completion.Finish.LENGTH);
    assertThat(written.promptTokens()).isEqualTo(longer.length);
    for (int id : written.ids()) {
      assertThat((int) model().nextLogits(List.of(row)).get(0).argMax().getLong()).isEqualTo(id);
      row = Arrays.copyOf(row, row.length + 1);
      row[row.length - 1] = id;
    }
  }

  @Test
  final void writesTheSameAloneInABatchAndStreaming() {
    List<Completion> batch = model().generate(List.of(longer, shorter), FOUR);
    List<Integer> heard = new ArrayList<>();
    Completion streamed =
        model().stream(
            shorter,
            FOUR,
            (id, text) -> {
              heard.add(id);
              return true;
            });
    assertThat(batch.get(0).ids()).isEqualTo(model().generate(List.of(longer), FOUR).get(0).ids());
    assertThat(batch.get(1).ids()).isEqualTo(streamed.ids());
    assertThat(batch.get(1).text()).isEqualTo(streamed.text());
    assertThat(heard.stream().mapToInt(i -> i)).containsExactly(box(streamed.ids()));
  }

  private static Integer[] box(int[] ids) {
    return Arrays.stream(ids).boxed().toArray(Integer[]::new);
  }

  @Test
  final void samplingFollowsTheSeed() {
    Decoding decoding = Decoding.sampling(8, 2).endless().withSeed(3);
    int[] first = model().generate(List.of(longer), decoding).get(0).ids();
    assertThat(model().generate(List.of(longer), decoding).get(0).ids()).isEqualTo(first);
    assertThat(model().generate(List.of(longer), decoding.withSeed(4)).get(0).ids())
        .isNotEqualTo(first);
  }

  @Test
  final void aRememberedTextStandsBeforeOthers() {
    int cut = 3;
    try (KvPrefix prefix = model().remember(Arrays.copyOf(longer, cut))) {
      assertThat(prefix.length()).isEqualTo(cut);
      assertThat(prefix.ids()).isEqualTo(Arrays.copyOf(longer, cut));
      int[] rest = Arrays.copyOfRange(longer, cut, longer.length);
      NDArray behind = model().logits(ids(manager(), rest), LmContext.whole().withPrefix(prefix));
      assertNear(
          behind, model().logits(ids, LmContext.whole()).get(":, " + cut + ":"), tolerance());
      assertThat(model().generate(List.of(rest), FOUR, prefix).get(0).ids())
          .isEqualTo(model().generate(List.of(longer), FOUR).get(0).ids());
    }
  }

  @Test
  final void refusesPromptsThatItCannotRead() {
    int v = model().vocabularySize();
    assertRefused(() -> model().generate(List.of(new int[0]), FOUR), "at least 1");
    assertRefused(() -> model().generate(List.of(new int[] {1, v}), FOUR), String.valueOf(v));
    assertRefused(() -> model().generate(List.of(new int[] {-1}), FOUR), "-1");
    int[] tooLong = new int[model().contextLength() + 1];
    assertRefused(
        () -> model().generate(List.of(tooLong), FOUR), String.valueOf(model().contextLength()));
    assertRefused(() -> model().nextLogits(List.of(new int[0])), "at least 1");
    assertRefused(() -> model().stream(longer, Decoding.beams(4, 2), TokenListener.SILENT), "beam");
  }

  @Test
  final void readsTheSameFromEmbeddings() {
    NDArray direct = model().logits(ids, LmContext.whole());
    NDArray embeddings = white().embed(ids);
    assertThat(embeddings.getShape()).isEqualTo(new Shape(1, longer.length, white().width()));
    assertNear(white().logitsOf(embeddings, LmContext.whole()), direct, tolerance());
    CausalLm.Trace trace = white().trace(embeddings, LmContext.whole());
    assertNear(trace.logits(), direct, tolerance());
    assertThat(trace.hidden()).hasSize(white().blocks() + 1);
    trace.hidden().forEach(ModelContract::assertFinite);
    assertThat(trace.attention()).hasSize(white().blocks());
    for (NDArray attention : trace.attention()) {
      assertThat(attention.getShape())
          .isEqualTo(new Shape(1, white().heads(), longer.length, longer.length));
      assertDistributions(attention);
      assertThat(attention.getFloat(0, 0, 0, 1)).isZero();
    }
  }

  @Test
  final void gradientMatchesFiniteDifferences() {
    NDArray embeddings = white().embed(ids);
    LmContext context = LmContext.whole();
    assertGradient(
        embeddings,
        white().gradient(embeddings, context, ModelContract::weighed),
        e -> weighed(white().logitsOf(e, context)));
  }

  @Test
  final void multipliesStatesWithTheEmbeddingsThatItLooksUp() {
    NDArray state = white().embed(ids);
    NDArray products = white().onEmbeddings(state);
    NDArray rows = white().embed(manager().create(new long[] {3, 8}));
    assertNear(
        products.get("..., 3").expandDims(2).concat(products.get("..., 8").expandDims(2), 2),
        state.matMul(rows.transpose()),
        tolerance());
  }

  @Test
  final void hooksActOnScoresAndWritingAlike() {
    NDArray direct = model().logits(ids, LmContext.whole());
    CausalLm.White same = white().withHook((layer, state) -> state);
    assertNear(same.logits(ids, LmContext.whole()), direct, tolerance());
    CausalLm.White silenced =
        white().withHook((layer, state) -> layer == white().blocks() ? state.mul(0) : state);
    NDArray changed = silenced.logits(ids, LmContext.whole());
    assertThat(changed.sub(direct).abs().max().getFloat()).isGreaterThan(1e-4f);
    int best = (int) changed.get(0).get(-1).argMax().getLong();
    assertThat(silenced.generate(List.of(longer), FOUR).get(0).ids()[0]).isEqualTo(best);
    silenced.close();
    assertNear(model().logits(ids, LmContext.whole()), direct, 0);
  }
}
