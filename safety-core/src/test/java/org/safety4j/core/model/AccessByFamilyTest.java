package org.safety4j.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.EndpointFailure;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.Models;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Completion.Finish;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;

/** What each family's rungs hide, count and allow. */
class AccessByFamilyTest {
  private static final ChatTemplate TEMPLATE =
      ChatTemplate.of("{{ messages[0].content }}", null, null);
  private static final int[] PROMPT = {7, 30, 101, 250};
  private static final Decoding THREE = Decoding.greedy(3).endless();
  private static final List<Model> MODELS = new ArrayList<>();
  private static CausalLm.White lm;
  private static VisionLanguageModel.White vlm;
  private static DualEncoder.White clip;
  private static NDManager manager;

  @BeforeAll
  static void open() {
    manager = Tensors.newManager();
    lm = LanguageModels.causalLm(Fixtures.path("llama"));
    vlm = Models.open(Fixtures.path("llava"), VisionLanguageModel.White.class);
    clip = Models.open(Fixtures.path("clip"), DualEncoder.White.class);
    MODELS.addAll(
        List.of(
            Models.imageClassifier(Fixtures.path("vit")),
            Models.open(Fixtures.path("sam"), Segmenter.White.class),
            clip,
            LanguageModels.textEncoder(Fixtures.path("bert")),
            LanguageModels.textClassifier(Fixtures.path("bert")),
            lm,
            vlm,
            DiffusionLoader.open(Fixtures.path("pipeline-text"))));
  }

  @AfterAll
  static void close() {
    MODELS.forEach(Model::close);
    manager.close();
  }

  static List<List<Class<? extends Model>>> families() {
    return List.of(
        List.of(
            ImageClassifier.Black.class,
            ImageClassifier.Gray.class,
            ImageClassifier.White.class,
            VisionTransformer.White.class),
        List.of(Segmenter.Black.class, Segmenter.Gray.class, Segmenter.White.class),
        List.of(DualEncoder.Black.class, DualEncoder.Gray.class, DualEncoder.White.class),
        List.of(TextEncoder.Black.class, TextEncoder.White.class),
        List.of(TextClassifier.Black.class, TextClassifier.Gray.class, TextClassifier.White.class),
        List.of(CausalLm.Black.class, CausalLm.Gray.class, CausalLm.White.class),
        List.of(
            VisionLanguageModel.Black.class,
            VisionLanguageModel.Gray.class,
            VisionLanguageModel.White.class),
        List.of(DiffusionModel.Black.class, DiffusionModel.Gray.class, DiffusionModel.White.class));
  }

  private static <M extends Model> M restricted(Class<M> rung, Budget budget) {
    Model model = MODELS.stream().filter(rung::isInstance).findFirst().orElseThrow();
    return Access.restrict(rung.cast(model), rung, budget);
  }

  @ParameterizedTest
  @MethodSource("families")
  void aRungHidesTheWiderOnes(List<Class<? extends Model>> rungs) {
    for (int i = 0; i < rungs.size(); i++) {
      Model restricted = restricted(rungs.get(i), Budget.unlimited());
      for (int j = 0; j < rungs.size(); j++) {
        assertThat(rungs.get(j).isInstance(restricted))
            .as(rungs.get(j).getName())
            .isEqualTo(j <= i);
      }
      assertThat(restricted).isNotInstanceOf(CountsTokens.class);
      assertThat(Access.of(restricted.getClass())).isEqualTo(Access.of(rungs.get(i)));
    }
  }

  private static NDArray ids(int... ids) {
    return manager.create(Arrays.stream(ids).asLongStream().toArray(), new Shape(1, ids.length));
  }

  @Test
  void languageModelsCountWhatTheyReadAndWrite() {
    try (Scope scope = Scope.open()) {
      CausalLm.White white = restricted(CausalLm.White.class, Budget.unlimited());
      Completion written = white.generate(List.of(PROMPT), THREE).get(0);
      assertUsage(white, 1, 0, PROMPT.length + written.ids().length);
      white.logits(ids(PROMPT), LmContext.whole());
      white.nextLogits(List.of(PROMPT, new int[] {9}));
      white.logProbabilities(List.of(PROMPT));
      assertUsage(white, 5, 0, 7 + 4 + 5 + 4);
      NDArray embedded = white.embed(ids(PROMPT));
      white.onEmbeddings(embedded);
      assertUsage(white, 5, 0, 20);
      white.gradient(embedded, LmContext.whole(), z -> z.sum());
      assertUsage(white, 6, 1, 24);
      white.logits(ids(0, 0, 7, 30), LmContext.whole().withLeftPadding(2));
      assertUsage(white, 7, 1, 26);
      try (KvPrefix prefix = white.remember(PROMPT)) {
        white.generate(List.of(new int[] {9}), THREE, prefix);
      }
      assertUsage(white, 9, 1, 26 + 4 + 1 + 3);
    }
  }

  private static void assertUsage(Model model, long queries, long gradients, long tokens) {
    Usage usage = Access.usage(model);
    assertThat(List.of(usage.queries(), usage.gradients(), usage.tokens()))
        .isEqualTo(List.of(queries, gradients, tokens));
  }

  @Test
  void tokensThatWillBeReadNeverExceedTheBudget() {
    CausalLm.Gray gray = restricted(CausalLm.Gray.class, Budget.tokens(10));
    try (Scope scope = Scope.open()) {
      gray.nextLogits(List.of(PROMPT, PROMPT));
      assertThatThrownBy(() -> gray.nextLogits(List.of(PROMPT)))
          .isInstanceOf(BudgetExceeded.class)
          .hasMessage("the budget of 10 tokens does not allow 4 more after 8");
      assertUsage(gray, 2, 0, 8);
      gray.nextLogits(List.of(new int[] {1, 2}));
      assertThatThrownBy(() -> gray.nextLogits(List.of(new int[] {1})))
          .isInstanceOf(BudgetExceeded.class)
          .hasMessage("the budget of 10 tokens is used up, 10 were used");
      assertUsage(gray, 3, 0, 10);
    }
  }

  @Test
  void whatIsWrittenCountsAfterwardsAndIsNotLost() {
    CausalLm.Black black = restricted(CausalLm.Black.class, Budget.tokens(5));
    assertThat(black.generate(List.of(PROMPT), THREE).get(0).ids()).hasSize(3);
    assertThatThrownBy(() -> black.complete("the", THREE))
        .isInstanceOf(BudgetExceeded.class)
        .hasMessage("the budget of 5 tokens is used up, 7 were used");
    assertUsage(black, 1, 0, 7);
  }

  @Test
  void aCallThatFailsGivesItsTokensBack() {
    CausalLm.Black black = restricted(CausalLm.Black.class, Budget.tokens(100));
    assertThatThrownBy(() -> black.generate(List.of(new int[] {7, -1}), THREE))
        .isInstanceOf(IllegalArgumentException.class);
    assertUsage(black, 1, 0, 0);
  }

  @Test
  void aBudgetOfTokensHoldsOnSeveralThreads() throws Exception {
    CausalLm.Gray gray = restricted(CausalLm.Gray.class, Budget.tokens(20));
    ExecutorService pool = Executors.newFixedThreadPool(4);
    int passed = 0;
    try {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        tasks.add(
            () -> {
              try (Scope scope = Scope.open()) {
                gray.nextLogits(List.of(PROMPT));
                return true;
              } catch (BudgetExceeded e) {
                return false;
              }
            });
      }
      for (Future<Boolean> future : pool.invokeAll(tasks)) {
        passed += future.get() ? 1 : 0;
      }
    } finally {
      pool.shutdown();
    }
    assertThat(passed).isEqualTo(5);
    assertUsage(gray, 5, 0, 20);
  }

  @Test
  void whatAModelDerivesFromItselfIsMeteredToo() {
    CausalLm.White white = restricted(CausalLm.White.class, Budget.unlimited().withTotalQueries(2));
    CausalLm.White steered = white.withHook((layer, state) -> state);
    assertThat(Access.isRestricted(steered)).isTrue();
    assertUsage(white, 0, 0, 0);
    steered.generate(List.of(PROMPT, PROMPT), THREE);
    assertUsage(white, 2, 0, 14);
    assertThatThrownBy(() -> white.generate(List.of(PROMPT), THREE))
        .isInstanceOf(BudgetExceeded.class);
    steered.close();
    assertThat(lm.generate(List.of(PROMPT), THREE)).hasSize(1);
  }

  @Test
  void aChatOverARestrictedModelAndARestrictedChatCountTheSame() {
    List<Message> hello = List.of(Message.user("the cat"));
    CausalLm.Black black = restricted(CausalLm.Black.class, Budget.unlimited());
    black.asChat(TEMPLATE).replies(List.of(hello, hello), THREE);
    Chat chat = Access.restrict(lm.asChat(TEMPLATE), Chat.class, Budget.unlimited());
    chat.replies(List.of(hello, hello), THREE);
    Usage usage = Access.usage(chat);
    assertThat(usage.queries()).isEqualTo(2).isEqualTo(Access.usage(black).queries());
    assertThat(usage.tokens())
        .isEqualTo(2L * (lm.tokenizer().encode("the cat").length + 3))
        .isEqualTo(Access.usage(black).tokens());
    chat.stream(hello, THREE, text -> {});
    assertThat(Access.usage(chat).tokens()).isEqualTo(usage.tokens() * 3 / 2);
  }

  private interface Answering {
    List<ChatReply> answer(int count);
  }

  private static Chat chat(Answering answering) {
    return new Chat() {
      @Override
      public List<ChatReply> replies(List<List<Message>> conversations, Decoding decoding) {
        return answering.answer(conversations.size());
      }

      @Override
      public ChatReply stream(List<Message> asked, Decoding how, Consumer<String> listener) {
        return answering.answer(1).get(0);
      }

      @Override
      public ModelCard card() {
        return ModelCard.named("test");
      }

      @Override
      public void close() {}
    };
  }

  @Test
  void chatsCountRefusalsAndTheAnswersOfBrokenBatches() {
    ChatReply refusal = new ChatReply.Refusal("no", "r", "d", 1, 5, 1);
    Chat refusing = Access.restrict(chat(n -> List.of(refusal)), Chat.class, Budget.tokens(6));
    refusing.ask("?");
    assertUsage(refusing, 1, 0, 6);
    assertThatThrownBy(() -> refusing.ask("?")).hasMessageContaining("6 were used");
    ChatReply answer = new ChatReply.Answer("yes", Finish.END_TOKEN, 4, 3);
    Chat breaking =
        Access.restrict(
            chat(
                n -> {
                  throw new IncompleteReplies(
                      List.of(Optional.of(answer), Optional.empty()),
                      1,
                      new EndpointFailure("gone"));
                }),
            Chat.class,
            Budget.tokens(100));
    List<Message> hello = List.of(Message.user("?"));
    assertThatThrownBy(() -> breaking.replies(List.of(hello, hello), THREE))
        .isInstanceOf(IncompleteReplies.class);
    assertUsage(breaking, 2, 0, 7);
  }

  @Test
  void aBudgetOfTokensEndsWithAServiceThatDoesNotCount() {
    ChatReply answer = new ChatReply.Answer("yes", Finish.END_TOKEN, 0, 0);
    Chat limited = Access.restrict(chat(n -> List.of(answer)), Chat.class, Budget.tokens(1000));
    assertThat(limited.ask("?").text()).isEqualTo("yes");
    assertThatThrownBy(() -> limited.ask("?"))
        .isInstanceOf(BudgetExceeded.class)
        .hasMessageContaining("1000 tokens cannot be kept")
        .hasMessageContaining("limit queries");
    Chat free = Access.restrict(chat(n -> List.of(answer)), Chat.class, Budget.unlimited());
    free.ask("?");
    assertThat(free.ask("?").text()).isEqualTo("yes");
  }

  @Test
  void aConversationAboutSeveralImagesIsOneQuery() {
    VisionLanguageModel.White white =
        restricted(VisionLanguageModel.White.class, Budget.unlimited());
    try (Scope scope = Scope.open()) {
      NDArray two = Rng.of(1).uniform(manager, new Shape(2).addAll(white.inputShape()), 0, 1);
      int[] prompt = white.prompt("<image> and <image> the fox");
      assertUsage(white, 0, 0, 0);
      int written = white.generate(two, prompt, Decoding.greedy(2)).ids().length;
      assertUsage(white, 1, 0, prompt.length + written);
      white.logits(two, ids(prompt), LmContext.whole());
      white.gradient(two, ids(prompt), LmContext.whole(), z -> z.sum());
      assertUsage(white, 3, 1, 3L * prompt.length + written);
      NDArray spliced =
          white.splice(white.tokenEmbeddings(ids(prompt)), ids(prompt), white.imageTokens(two));
      assertUsage(white, 5, 1, 3L * prompt.length + written);
      white.logitsOf(spliced, LmContext.whole());
      assertUsage(white, 6, 1, 4L * prompt.length + written);
    }
  }

  @Test
  void encodersCountTextsAndImagesAndNoLookUps() {
    try (Scope scope = Scope.open()) {
      DualEncoder.White dual = restricted(DualEncoder.White.class, Budget.unlimited());
      dual.textEmbeddings(List.of("a", "b", "c"));
      assertUsage(dual, 3, 0, 0);
      DualEncoder.TextBatch batch = dual.tokenize(List.of("a", "b"));
      NDArray tokens = dual.tokenEmbeddings(batch.ids());
      assertUsage(dual, 3, 0, 0);
      dual.embedTokens(tokens, batch);
      assertUsage(dual, 5, 0, 0);
      TextClassifier.White texts = restricted(TextClassifier.White.class, Budget.unlimited());
      try (TextBatch words = texts.tokens(List.of("tell", "open the door"))) {
        NDArray looked = texts.lookUp(words.ids());
        assertUsage(texts, 0, 0, 0);
        texts.logitsOf(looked, words);
        texts.labels(List.of("tell"));
        assertUsage(texts, 3, 0, 0);
      }
    }
  }
}
