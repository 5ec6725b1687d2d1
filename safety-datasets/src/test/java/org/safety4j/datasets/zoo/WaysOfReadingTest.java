package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;

/**
 * A language model goes other ways for few tokens than for many, with a graph than without, behind
 * a remembered text than at the start. They lead to the same logits.
 */
class WaysOfReadingTest {
  private static final float TOLERANCE = 3e-5f;

  private static CausalLm.White lm;

  @BeforeAll
  static void open() {
    lm = Zoo.miniChat().open();
  }

  @AfterAll
  static void close() {
    lm.close();
  }

  private static int[] ids(int row, int count) {
    return IntStream.range(0, count).map(i -> 5 + (37 * i + 11 * row) % 900).toArray();
  }

  private static NDArray rows(int rows, int from, int to) {
    long[] all =
        IntStream.range(0, rows)
            .flatMap(r -> IntStream.of(ids(r, to)).skip(from))
            .asLongStream()
            .toArray();
    return lm.manager().create(all, new Shape(rows, to - from));
  }

  private static float distance(NDArray a, NDArray b) {
    return a.sub(b).abs().max().getFloat();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 3", "3, 5", "1, 60", "1, 127", "1, 128", "1, 200", "3, 130", "1, 333", "2, 384", "1, 511"
  })
  void withAGraphAndWithout(int rows, int tokens) {
    try (Scope scope = Scope.open()) {
      NDArray embeddings = lm.embed(rows(rows, 0, tokens));
      NDArray plain = lm.logitsOf(embeddings, LmContext.whole());
      NDArray last = lm.logitsOf(embeddings, LmContext.whole().withLast(2));
      assertThat(distance(last, plain.get(":, " + (tokens - 2) + ":"))).isLessThan(TOLERANCE);
      try (GradMode mode = GradMode.on()) {
        NDArray recorded = lm.logitsOf(Grad.leaf(embeddings), LmContext.whole());
        assertThat(distance(Grad.detach(recorded), plain)).isLessThan(TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 4", "1, 40", "1, 150", "1, 260"})
  void behindARememberedText(int rows, int tokens) {
    int before = 140;
    try (Scope scope = Scope.open();
        KvPrefix prefix = lm.remember(ids(0, before))) {
      NDArray whole = lm.logits(rows(rows, 0, before + tokens), LmContext.whole());
      NDArray behind =
          lm.logits(rows(rows, before, before + tokens), LmContext.whole().withPrefix(prefix));
      assertThat(distance(behind, whole.get(":, " + before + ":"))).isLessThan(TOLERANCE);
    }
  }
}
