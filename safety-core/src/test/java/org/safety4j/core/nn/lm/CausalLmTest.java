package org.safety4j.core.nn.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Completion.Finish;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;

class CausalLmTest {
  private static CausalLm.White lm;
  private static NDManager manager;
  private static final int[] PROMPT = {7, 30, 101, 250};

  @BeforeAll
  static void open() {
    lm = LanguageModels.causalLm(Fixtures.path("llama"));
    manager = Tensors.newManager();
  }

  @AfterAll
  static void close() {
    lm.close();
    manager.close();
  }

  private static NDArray ids(int... ids) {
    long[] wide = java.util.Arrays.stream(ids).asLongStream().toArray();
    return manager.create(wide, new Shape(1, wide.length));
  }

  private static int[] greedy(CausalLm.Black model, int count) {
    return model.generate(List.of(PROMPT), Decoding.greedy(count).endless()).get(0).ids();
  }

  @Test
  void samplingDependsOnSeedAndRowNotOnTheBatch() {
    Decoding decoding = Decoding.sampling(8, 1.5).endless().withSeed(4);
    int[] alone = lm.generate(List.of(PROMPT), decoding).get(0).ids();
    List<Completion> batch = lm.generate(List.of(PROMPT, PROMPT, new int[] {9, 9}), decoding);
    assertThat(batch.get(0).ids()).isEqualTo(alone);
    assertThat(batch.get(1).ids()).isNotEqualTo(alone);
    assertThat(lm.generate(List.of(PROMPT), decoding).get(0).ids()).isEqualTo(alone);
    assertThat(lm.generate(List.of(PROMPT), decoding.withSeed(5)).get(0).ids()).isNotEqualTo(alone);
    assertThat(lm.generate(List.of(PROMPT), decoding.withTopK(1)).get(0).ids())
        .isEqualTo(greedy(lm, 8));
  }

  @Test
  void rowsEndOnTheirOwnAndLeaveTheBatch() {
    int[] path = greedy(lm, 6);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int[] prompt = new int[PROMPT.length + i];
      System.arraycopy(PROMPT, 0, prompt, 0, PROMPT.length);
      System.arraycopy(path, 0, prompt, PROMPT.length, i);
      prompts.add(prompt);
    }
    Decoding stopping = Decoding.greedy(6);
    List<Completion> ended =
        lm.generate(
            prompts,
            stopping,
            (row, prompt, written, count, logits) -> {
              if (count == row) {
                logits[2] = 1e9f;
              }
            });
    for (int i = 0; i < 5; i++) {
      assertThat(ended.get(i).finish()).isEqualTo(Finish.END_TOKEN);
      assertThat(ended.get(i).ids()).hasSize(i + 1).endsWith(2);
      for (int k = 0; k < i && k + i < 6; k++) {
        assertThat(ended.get(i).ids()[k]).isEqualTo(path[k + i]);
      }
    }
  }

  @Test
  void listenersHearTheTextAndMayStop() {
    StringBuilder told = new StringBuilder();
    List<Integer> tokens = new ArrayList<>();
    Completion all =
        lm.stream(
            PROMPT,
            Decoding.greedy(10).endless(),
            (id, text) -> {
              told.append(text);
              tokens.add(id);
              return true;
            });
    assertThat(told.toString()).isEqualTo(all.text());
    assertThat(tokens.stream().mapToInt(i -> i).toArray()).isEqualTo(all.ids());
    Completion cut =
        lm.stream(PROMPT, Decoding.greedy(10).endless(), (id, text) -> tokens.size() > 99);
    assertThat(cut.finish()).isEqualTo(Finish.LISTENER);
    assertThat(cut.ids()).hasSize(1);
  }

  @Test
  void stopTextsCutTheAnswer() {
    String text = lm.generate(List.of(PROMPT), Decoding.greedy(16).endless()).get(0).text();
    String stop = text.substring(text.length() / 2, text.length() / 2 + 2);
    Completion cut =
        lm.generate(List.of(PROMPT), Decoding.greedy(16).endless().withStop(stop)).get(0);
    assertThat(cut.finish()).isEqualTo(Finish.STOP_TEXT);
    assertThat(cut.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
  }

  @Test
  void hooksChangeReadingWritingAndGradients() {
    try (Scope scope = Scope.open()) {
      NDArray zero = manager.zeros(new Shape(lm.width()));
      CausalLm.White same = lm.withHook(CausalLm.Hook.adding(1, zero));
      assertThat(
              LmParityTest.distance(
                  same.logits(ids(PROMPT), LmContext.whole()),
                  lm.logits(ids(PROMPT), LmContext.whole())))
          .isLessThan(1e-5);
      assertThat(greedy(same, 6)).isEqualTo(greedy(lm, 6));

      NDArray push = manager.ones(new Shape(lm.width())).mul(3f);
      CausalLm.White steered = lm.withHook(CausalLm.Hook.adding(1, push));
      NDArray embeddings = lm.embed(ids(PROMPT));
      NDArray pushed = steered.trace(embeddings, LmContext.whole()).hidden().get(1);
      NDArray before = lm.trace(embeddings, LmContext.whole()).hidden().get(1);
      assertThat(pushed.sub(before).sub(3f).abs().max().getFloat()).isLessThan(1e-5f);
      assertThat(greedy(steered, 6)).isNotEqualTo(greedy(lm, 6));

      ValueAndGradient cut =
          lm.withHook((layer, state) -> layer == 2 ? state.mul(0f) : state)
              .gradient(embeddings, LmContext.whole(), NDArray::sum);
      assertThat(cut.gradient().abs().max().getFloat()).isZero();
      assertThatThrownBy(
              () ->
                  lm.withHook((layer, state) -> state.sum()).logits(ids(PROMPT), LmContext.whole()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("layer 0");
    }
  }

  /** Oracle 35 in states: an ablated direction has no component left at any layer. */
  @Test
  void ablatedDirectionsVanish() {
    try (Scope scope = Scope.open()) {
      float[] axis = new float[lm.width()];
      axis[0] = 0.6f;
      axis[5] = -0.8f;
      NDArray direction = manager.create(axis, new Shape(1, axis.length));
      CausalLm.White ablated = lm.withHook(CausalLm.Hook.ablating(direction));
      CausalLm.Trace trace = ablated.trace(lm.embed(ids(PROMPT)), LmContext.whole());
      for (int layer = 0; layer < lm.blocks(); layer++) {
        assertThat(trace.hidden().get(layer).matMul(direction.transpose()).abs().max().getFloat())
            .isLessThan(1e-5f);
      }
    }
  }

  @Test
  void gradientsForOneHotTokensAreProductsWithEmbeddings() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray states = manager.arange(lm.width()).reshape(1, 1, lm.width()).mul(0.01f);
      NDArray products = lm.onEmbeddings(states);
      assertThat(products.getShape()).isEqualTo(new Shape(1, 1, 300));
      float expected = lm.embed(ids(17)).mul(states).sum().getFloat();
      assertThat(Math.abs(products.getFloat(0, 0, 17) - expected)).isLessThan(1e-4f);
    }
  }

  @Test
  void gradientMatchesAFiniteDifference() {
    try (Scope scope = Scope.open()) {
      NDArray x = lm.embed(ids(PROMPT));
      LmContext last = LmContext.whole().withLast(1);
      ValueAndGradient at = lm.gradient(x, last, z -> z.get(":, 0, 11").sum());
      NDArray direction = x.sign();
      float h = 1e-2f;
      float up = lm.logitsOf(x.add(direction.mul(h)), last).getFloat(0, 0, 11);
      float down = lm.logitsOf(x.sub(direction.mul(h)), last).getFloat(0, 0, 11);
      float slope = at.gradient().mul(direction).sum().getFloat();
      assertThat((up - down) / (2 * h))
          .isCloseTo(slope, org.assertj.core.data.Percentage.withPercentage(2));
    }
  }

  @Test
  void restrictedModelsCountRowsAndTokens() {
    CausalLm.Gray gray =
        Access.restrict(lm, CausalLm.Gray.class, Budget.unlimited().withTotalQueries(4));
    assertThat(gray).isNotInstanceOf(CausalLm.White.class);
    gray.generate(List.of(PROMPT, PROMPT), Decoding.greedy(3).endless());
    assertThat(Access.usage(gray).queries()).isEqualTo(2);
    assertThat(Access.usage(gray).tokens()).isEqualTo(2 * 4 + 2 * 3);
    Chat chat = gray.asChat(ChatTemplate.of("{{ messages[0].content }}", null, null));
    assertThat(
            chat.replies(List.of(List.of(Message.user("the"))), Decoding.greedy(2)).get(0).text())
        .isEqualTo(lm.complete("the", Decoding.greedy(2)));
    assertThat(Access.usage(gray).queries()).isEqualTo(3);
    gray.logits(ids(PROMPT), LmContext.whole()).close();
    assertThatThrownBy(() -> gray.complete("the", Decoding.greedy(1)))
        .isInstanceOf(BudgetExceeded.class);
    assertThatThrownBy(gray::asChat)
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("llama");
  }

  @Test
  void wrongInputsAreNamed() {
    assertThatThrownBy(() -> lm.generate(List.of(new int[0]), Decoding.greedy(1)))
        .hasMessageContaining("at least 1");
    assertThatThrownBy(() -> lm.generate(List.of(new int[] {300}), Decoding.greedy(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[0, 300)")
        .hasMessageContaining("300");
    assertThatThrownBy(() -> lm.generate(List.of(PROMPT), Decoding.greedy(253)))
        .hasMessageContaining("context of 256");
    assertThatThrownBy(() -> lm.logits(ids(5, -1), LmContext.whole()))
        .hasMessageContaining("[-1, 5]");
    assertThatThrownBy(() -> lm.logits(manager.create(new float[] {1}), LmContext.whole()))
        .hasMessageContaining("int64 [B, T]");
    assertThatThrownBy(() -> lm.logits(ids(PROMPT), LmContext.whole().withLast(5)))
        .hasMessageContaining("last");
    assertThatThrownBy(() -> lm.logits(ids(PROMPT), LmContext.whole().withLeftPadding(4)))
        .hasMessageContaining("leftPadding");
    assertThatThrownBy(() -> lm.logits(ids(PROMPT), LmContext.whole().withLeftPadding(1, 1)))
        .hasMessageContaining("leftPadding");
    assertThatThrownBy(() -> lm.logitsOf(manager.ones(new Shape(1, 2, 3)), LmContext.whole()))
        .hasMessageContaining("[B, T, 32]");
    assertThatThrownBy(() -> lm.logProbabilities(List.of(new int[] {4})))
        .hasMessageContaining("at least 2");
    assertThatThrownBy(() -> lm.stream(PROMPT, Decoding.beams(2, 2), (id, text) -> true))
        .hasMessageContaining("beams");
    try (CausalLm.White other = LanguageModels.causalLm(Fixtures.path("qwen2"));
        KvPrefix foreign = other.remember(PROMPT)) {
      assertThatThrownBy(() -> lm.logits(ids(PROMPT), LmContext.whole().withPrefix(foreign)))
          .hasMessageContaining("another model");
    }
  }

  @Test
  void eightThreadsWriteWhatOneWrites() throws Exception {
    int[] expected = greedy(lm, 8);
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<int[]>> futures = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        futures.add(pool.submit(() -> greedy(lm, 8)));
      }
      for (Future<int[]> future : futures) {
        assertThat(future.get()).isEqualTo(expected);
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void readingAndWritingLeaveNoArraysBehind() {
    greedy(lm, 3);
    int before = lm.manager().getManagedArrays().size();
    for (int i = 0; i < 20; i++) {
      greedy(lm, 3);
      lm.generate(List.of(PROMPT), Decoding.beams(3, 2).endless());
      lm.logProbabilities(List.of(PROMPT));
      lm.nextLogits(List.of(PROMPT)).close();
      lm.remember(PROMPT).close();
    }
    assertThat(lm.manager().getManagedArrays()).hasSize(before);
  }

  @Test
  void longTextsReadInPiecesGiveTheSameLogits() {
    int[] text = new int[200];
    for (int i = 0; i < text.length; i++) {
      text[i] = 5 + (i * 37) % 290;
    }
    List<int[]> rows = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      rows.add(java.util.Arrays.copyOf(text, 200 - (i % 3)));
    }
    int[] pieces = lm.generate(rows, Decoding.greedy(2).endless()).get(0).ids();
    int[] whole = lm.generate(List.of(text), Decoding.greedy(2).endless()).get(0).ids();
    assertThat(pieces).isEqualTo(whole);
  }

  /** Products of 256 rows and more, of fewer, and of those that record a graph go separate ways. */
  @Test
  void manyRowsAtOnceGiveTheLogitsOfEachAlone() {
    int length = 40;
    long[] flat = new long[8 * length];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = 5 + (i * 37) % 290;
    }
    try (Scope scope = Scope.open()) {
      NDArray ids = manager.create(flat, new Shape(8, length));
      NDArray all = lm.logits(ids, LmContext.whole());
      NDArray recorded = lm.logitsOf(Grad.leaf(lm.embed(ids)), LmContext.whole());
      assertThat(recorded.sub(all).abs().max().getFloat()).isLessThan(2e-5f);
      for (int i = 0; i < 8; i++) {
        NDArray alone = lm.logits(ids.get(i).expandDims(0), LmContext.whole());
        assertThat(alone.sub(all.get(i)).abs().max().getFloat()).isLessThan(2e-5f);
      }
    }
  }

  @Test
  void cardAndTemplateComeFromTheFolder() {
    assertThat(lm.card().name()).isEqualTo("llama");
    assertThat(lm.card().architecture()).isEqualTo("LlamaForCausalLM");
    assertThat(lm.chatTemplate()).isEqualTo(Optional.empty());
    assertThat(lm.contextLength()).isEqualTo(256);
    assertThat(lm.vocabularySize()).isEqualTo(300);
  }
}
