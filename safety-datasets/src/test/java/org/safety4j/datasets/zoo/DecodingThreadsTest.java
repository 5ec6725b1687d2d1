package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.LmContext;

/** One thread of the engine or two: no bit of what a model answers changes. */
@Isolated
class DecodingThreadsTest {
  @Test
  void tokensAreScoredAlikeByOneThreadAndByTwo() {
    List<float[]> answers = new ArrayList<>();
    try (CausalLm.White lm = Zoo.miniChat().open();
        KvPrefix prefix = lm.remember(ids(150))) {
      int before = JniUtils.getNumThreads();
      try {
        for (int threads : new int[] {1, 2}) {
          JniUtils.setNumThreads(threads);
          answers.add(logits(lm, 4, 1, LmContext.whole().withPrefix(prefix)));
          answers.add(logits(lm, 1, 1, LmContext.whole().withPrefix(prefix)));
          answers.add(logits(lm, 1, 200, LmContext.whole().withLast(1)));
        }
      } finally {
        JniUtils.setNumThreads(before);
      }
    }
    for (int i = 0; i < 3; i++) {
      assertThat(answers.get(3 + i)).isEqualTo(answers.get(i));
    }
  }

  private static float[] logits(CausalLm.White lm, int rows, int tokens, LmContext context) {
    long[] all = Arrays.stream(ids(rows * tokens)).asLongStream().toArray();
    try (NDArray ids = lm.manager().create(all, new Shape(rows, tokens));
        NDArray logits = lm.logits(ids, context)) {
      return logits.toFloatArray();
    }
  }

  private static int[] ids(int count) {
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = 5 + 37 * i % 900;
    }
    return ids;
  }
}
