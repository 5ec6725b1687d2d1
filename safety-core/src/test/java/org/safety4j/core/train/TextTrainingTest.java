package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.Lora;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Message;

class TextTrainingTest {
  private static final ChatTemplate TEMPLATE =
      ChatTemplate.of(
          "{% for m in messages %}<|im_start|>{{ m['role'] + ' ' + m['content'] }}<|im_end|>{% endfor %}"
              + "{% if add_generation_prompt %}<|im_start|>assistant {% endif %}",
          null, null);

  private TrainableLm lm;
  private List<TokenSequence> data;

  @BeforeEach
  void open() {
    lm = (TrainableLm) LanguageModels.causalLm(Fixtures.path("llama"));
    SplittableRandom random = new SplittableRandom(1);
    data = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      data.add(
          TokenSequence.answer(
              random.ints(4, 5, 250).toArray(), random.ints(3 + i % 3, 5, 250).toArray()));
    }
  }

  @AfterEach
  void close() {
    lm.close();
  }

  private double loss(CausalLmObjective objective) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return objective.loss(IntStream.range(0, 8).toArray(), 0, null).getFloat();
    }
  }

  private float[] weights() {
    return lm.parameters().get("model.layers.1.mlp.down_proj.weight").toFloatArray();
  }

  @Test
  void fineTuningLearnsTheAnswersAndIsTheSameForTheSameSeed() {
    CausalLmObjective objective = CausalLmObjective.of(lm, data);
    assertThat(loss(objective)).isGreaterThan(4);
    TrainingOptions options = TrainingOptions.adamW(40, 4, 1e-2);
    TrainingLog log = TrainingLoop.run(lm, 8, objective, options, Run.seed(0));
    assertThat(log.losses().get(0)).isGreaterThan(4);
    assertThat(loss(objective)).isLessThan(0.5);
    for (TokenSequence each : data) {
      int[] ids = each.ids();
      int[] written =
          lm.generate(
                  List.of(Arrays.copyOf(ids, 4)),
                  org.safety4j.core.text.Decoding.greedy(ids.length - 4).endless())
              .get(0)
              .ids();
      assertThat(written).isEqualTo(Arrays.copyOfRange(ids, 4, ids.length));
    }
    float[] first = weights();
    lm.close();
    open();
    TrainingLoop.run(lm, 8, CausalLmObjective.of(lm, data), options, Run.seed(0));
    assertThat(weights()).isEqualTo(first);
  }

  @Test
  void chatsAreLearntFromTheAssistantsWordsToTheTokenThatEndsThem() {
    List<Message> chat =
        List.of(
            Message.user("the"),
            Message.assistant("an answer"),
            Message.user("more"),
            Message.assistant("the"));
    TokenSequence sequence = TokenSequence.chat(chat, TEMPLATE, lm.tokenizer());
    List<Integer> learnt = new ArrayList<>();
    for (int i = 0; i < sequence.length(); i++) {
      if (sequence.learnt()[i]) {
        learnt.add(sequence.ids()[i]);
      }
    }
    assertThat(lm.tokenizer().decode(learnt.stream().mapToInt(i -> i).toArray()))
        .isEqualTo("an answer<|im_end|>the<|im_end|>");
    assertThat(lm.tokenizer().decode(sequence.ids())).isEqualTo(TEMPLATE.render(chat, false));
    int[] prompt = lm.tokenizer().encode(TEMPLATE.render(chat.subList(0, 1), true));
    assertThat(sequence.ids()).startsWith(prompt);
  }

  @Test
  void templatesThatRewriteThePastAreRefused() {
    ChatTemplate counting =
        ChatTemplate.of(
            "{{ messages | length }}{% for m in messages %}{{ m['content'] }}{% endfor %}",
            null, null);
    List<Message> chat = List.of(Message.user("a"), Message.assistant("b"));
    assertThatThrownBy(() -> TokenSequence.chat(chat, counting, lm.tokenizer()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("earlier turns");
    assertThatThrownBy(() -> TokenSequence.chat(chat.subList(0, 1), TEMPLATE, lm.tokenizer()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 2 tokens");
  }

  @Test
  void preferencesMoveTheMarginTheyAreAskedTo() {
    SplittableRandom random = new SplittableRandom(9);
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int[] prompt = random.ints(3, 5, 250).toArray();
      pairs.add(
          PreferencePair.of(
              prompt, random.ints(3, 5, 250).toArray(), random.ints(4, 5, 250).toArray()));
    }
    double[] margins = new double[2];
    PreferenceObjective.Loss dpo =
        s -> {
          NDArray margin =
              s.chosen().sub(s.referenceChosen()).sub(s.rejected().sub(s.referenceRejected()));
          margins[1] = margin.mean().getFloat();
          return Ops.logSoftmax(
                  margin.mul(0.5f).expandDims(1).concat(margin.zerosLike().expandDims(1), 1))
              .get(":, 0")
              .neg();
        };
    PreferenceObjective objective = PreferenceObjective.of(lm, lm, pairs, dpo);
    int[] all = IntStream.range(0, 6).toArray();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      // the model is its own reference: no margin, and the loss of a coin
      assertThat((double) objective.loss(all, 0, null).getFloat())
          .isCloseTo(Math.log(2), within(1e-3));
      assertThat(margins[1]).isCloseTo(0, within(1e-3));
    }
    TrainingLoop.run(lm, 6, objective, TrainingOptions.adamW(10, 6, 3e-3), Run.seed(0));
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      objective.loss(all, 0, null);
    }
    assertThat(margins[1]).isGreaterThan(2);
  }

  @Test
  void loraLearnsAndLeavesTheModelAsItIs() {
    CausalLmObjective objective = CausalLmObjective.of(lm, data);
    HasParameters model = (HasParameters) lm;
    Map<String, float[]> before = new LinkedHashMap<>();
    lm.parameters().forEach((name, p) -> before.put(name, p.toFloatArray()));
    double start = loss(objective);
    Map<String, Shape> shapes = LoraTraining.shapes(model, "q_proj", "v_proj", "down_proj");
    assertThat(shapes).hasSize(9);
    try (Lora lora = Lora.initial(shapes, 4, 8, Rng.of(2))) {
      TrainingLog log =
          LoraTraining.run(
              model, lora, 8, objective, TrainingOptions.adamW(30, 4, 2e-2), Run.seed(0));
      assertThat(log.losses()).hasSize(30);
      lm.parameters()
          .forEach(
              (name, p) -> {
                assertThat(p.toFloatArray()).as(name).isEqualTo(before.get(name));
                assertThat(p.hasGradient()).isFalse();
              });
      try (Lora.Merged merged = lora.mergeInto(model)) {
        assertThat(loss(objective)).isLessThan(start / 2);
      }
      assertThat(loss(objective)).isEqualTo(start);
    }
  }

  /** One step of plain descent moves a factor by its gradient, which differences must confirm. */
  @Test
  void gradientsOfLowRankFactorsAgreeWithDifferences() {
    CausalLmObjective objective = CausalLmObjective.of(lm, data);
    HasParameters model = (HasParameters) lm;
    TrainingOptions step =
        TrainingOptions.sgd(1, 8, 1)
            .withOptimizer(Optimizer.Config.sgd(0))
            .withSchedule(Schedule.constant(1e-3));
    try (Lora lora = Lora.initial(LoraTraining.shapes(model, "k_proj", "o_proj"), 3, 6, Rng.of(2));
        Scope scope = Scope.open()) {
      Lora.Factors f = lora.factors().get("model.layers.2.self_attn.k_proj.weight");
      NDArray b = f.b();
      Ops.overwrite(b, Rng.of(7).normal(b.getManager(), b.getShape()).mul(0.1f));
      for (NDArray factor : List.of(f.a(), b)) {
        NDArray start = Ops.copy(factor);
        NDArray otherStart = Ops.copy(factor == b ? f.a() : b);
        LoraTraining.run(model, lora, 8, objective, step, Run.seed(0));
        NDArray gradient = start.sub(factor).div(1e-3f);
        Ops.overwrite(factor == b ? f.a() : b, otherStart);
        double norm = gradient.square().sum().sqrt().getFloat();
        NDArray way = gradient.mul((float) (0.05 / norm));
        Ops.overwrite(factor, start.add(way));
        double above = merged(lora, model, objective);
        Ops.overwrite(factor, start.sub(way));
        double below = merged(lora, model, objective);
        Ops.overwrite(factor, start);
        assertThat(norm).isGreaterThan(1e-3);
        assertThat((above - below) / 0.1).isCloseTo(norm, within(0.05 * norm));
      }
    }
  }

  private double merged(Lora lora, HasParameters model, CausalLmObjective objective) {
    try (Lora.Merged merged = lora.mergeInto(model)) {
      return loss(objective);
    }
  }

  @Test
  void gradientsOfSamplesSumToTheBatchsAndAreClippedOneByOne() {
    CausalLmObjective objective =
        CausalLmObjective.of(lm, data.stream().filter(s -> s.targets() == 4).toList());
    int n = objective.sequences().size();
    int[] all = IntStream.range(0, n).toArray();
    List<double[]> norms = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      NDList sum = new NDList();
      lm.parameters().values().forEach(p -> sum.add(p.zerosLike()));
      PerSampleGradients.each(
          lm,
          all,
          objective,
          Rng.of(0),
          (sample, loss, gradients) -> {
            double square = gradients.stream().mapToDouble(g -> g.square().sum().getFloat()).sum();
            norms.add(new double[] {sample, loss, Math.sqrt(square)});
            Optimizer.accumulate(sum, gradients, 1.0 / n);
          });
      NDList whole =
          org.safety4j.core.nn.Directional.gradients(
              lm.parameters(), () -> objective.loss(all, 0, null));
      for (int i = 0; i < whole.size(); i++) {
        float largest = whole.get(i).abs().max().getFloat();
        assertThat(sum.get(i).sub(whole.get(i)).abs().max().getFloat())
            .isLessThan(1e-4f * largest + 1e-7f);
      }
      double bound = norms.get(0)[2] / 2;
      NDList clipped =
          PerSampleGradients.clippedSum(lm, new int[] {0}, objective, Rng.of(0), bound);
      double square = clipped.stream().mapToDouble(g -> g.square().sum().getFloat()).sum();
      assertThat(Math.sqrt(square)).isCloseTo(bound, within(1e-3 * bound));
    }
    assertThat(norms).extracting(x -> (int) x[0]).containsExactly(0, 1, 2);
    assertThat(norms).allMatch(x -> x[1] > 3 && x[2] > 0.1);
  }
}
