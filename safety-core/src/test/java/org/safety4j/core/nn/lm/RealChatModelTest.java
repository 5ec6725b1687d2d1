package org.safety4j.core.nn.lm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;

/**
 * A real aligned chat model in a GGUF file answers as the reference does; skipped where the file is
 * absent.
 */
class RealChatModelTest {
  private static final double TOLERANCE = 2e-3;

  private static Path folder() {
    Path folder =
        Path.of(System.getProperty("safety4j.models", "../shared/models"))
            .resolve("smollm2-135m-instruct");
    Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is not there");
    return folder;
  }

  private static Path model() {
    return folder().resolve("smollm2-135m-instruct.Q4_1.gguf");
  }

  private static List<Message> messages(JsonNode chat) {
    List<Message> messages = new ArrayList<>();
    chat.get("messages")
        .forEach(m -> messages.add(new Message(m.get("role").asText(), m.get("content").asText())));
    return messages;
  }

  private static void closeTo(NDArray actual, NDArray expected) {
    assertThat(LmParityTest.distance(actual, expected))
        .isLessThan(TOLERANCE * expected.abs().max().getFloat());
  }

  private static int[] ints(long[] ids) {
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  @Test
  void answersScoresAndGradientsAreTheReferences() throws IOException {
    JsonNode reference = new ObjectMapper().readTree(folder().resolve("reference.json").toFile());
    long start = System.nanoTime();
    try (CausalLm.White lm = LanguageModels.causalLm(model());
        SafetensorsFile tensors = SafetensorsFile.open(folder().resolve("reference.safetensors"));
        NDManager manager = Tensors.newManager()) {
      assertThat((System.nanoTime() - start) / 1e9).as("seconds to open").isLessThan(20);
      assertThat(lm.card().parameters()).isEqualTo(134_515_008);
      Chat chat = lm.asChat();
      List<int[]> prompts = new ArrayList<>();
      for (int i = 0; i < reference.get("chats").size(); i++) {
        JsonNode row = reference.get("chats").get(i);
        try (Scope scope = Scope.open()) {
          int[] prompt = ints(tensors.read(i + ".ids", manager).toLongArray());
          String text = lm.chatTemplate().orElseThrow().render(messages(row), true);
          assertThat(lm.tokenizer().encode(text)).isEqualTo(prompt);
          closeTo(lm.nextLogits(List.of(prompt)).get(0), tensors.read(i + ".last_logits", manager));
          double[] scores = lm.logProbabilities(List.of(prompt)).get(0);
          float[] expected = tensors.read(i + ".token_logprobs", manager).toFloatArray();
          for (int k = 0; k < scores.length; k++) {
            assertThat(Math.abs(scores[k] - expected[k])).isLessThan(0.02);
          }
          NDArray ids =
              manager.create(Arrays.stream(prompt).asLongStream().toArray()).reshape(1, -1);
          CausalLm.Trace trace = lm.trace(lm.embed(ids), LmContext.whole());
          NDArray hidden = tensors.read(i + ".hidden_last_position", manager);
          for (int layer = 0; layer <= lm.blocks(); layer++) {
            closeTo(trace.hidden().get(layer).get("0, -1"), hidden.get(layer));
          }
          prompts.add(prompt);
        }
      }
      List<Completion> completions = lm.generate(prompts, Decoding.greedy(40));
      for (int i = 0; i < prompts.size(); i++) {
        assertThat(completions.get(i).ids())
            .isEqualTo(ints(tensors.read(i + ".greedy", manager).toLongArray()));
        assertThat(completions.get(i).text())
            .isEqualTo(reference.get("chats").get(i).get("answer").asText());
      }
      assertThat(chat.reply(messages(reference.get("chats").get(4))).text())
          .isEqualTo("Bonne nuit.");
      StringBuilder told = new StringBuilder();
      chat.stream("What is the capital of France?", told::append);
      assertThat(told.toString()).isEqualTo("The capital of France is Paris.");

      gradientOfParis(lm, tensors, manager);
    }
  }

  private static void gradientOfParis(
      CausalLm.White lm, SafetensorsFile tensors, NDManager manager) {
    try (Scope scope = Scope.open()) {
      int paris = lm.tokenizer().encode("Paris")[0];
      NDArray ids = tensors.read("0.ids", manager).reshape(1, -1);
      ValueAndGradient loss =
          lm.gradient(
              lm.embed(ids),
              LmContext.whole().withLast(1),
              logits -> logits.logSoftmax(2).get(":, 0, " + paris).neg());
      assertThat(
              Math.abs(
                  loss.value().getFloat() - tensors.read("0.nll_of_Paris", manager).getFloat()))
          .isLessThan(0.02f);
      closeTo(loss.gradient().squeeze(0), tensors.read("0.grad_embeddings", manager));
    }
  }

  @Test
  void packedWeightsChooseTheSameTokens() throws IOException {
    JsonNode reference = new ObjectMapper().readTree(folder().resolve("reference.json").toFile());
    try (CausalLm.Gray fast = LanguageModels.causalLm(model(), Precision.FAST);
        SafetensorsFile tensors = SafetensorsFile.open(folder().resolve("reference.safetensors"));
        NDManager manager = Tensors.newManager()) {
      int same = 0;
      int all = 0;
      for (int i = 0; i < reference.get("chats").size(); i++) {
        try (Scope scope = Scope.open()) {
          long[] prompt = tensors.read(i + ".ids", manager).toLongArray();
          long[] answer = tensors.read(i + ".greedy", manager).toLongArray();
          long[] both = Arrays.copyOf(prompt, prompt.length + answer.length - 1);
          System.arraycopy(answer, 0, both, prompt.length, answer.length - 1);
          NDArray ids = manager.create(both).reshape(1, -1);
          NDArray logits = fast.logits(ids, LmContext.whole().withLast(answer.length));
          long[] best = logits.argMax(2).toLongArray();
          for (int k = 0; k < answer.length; k++) {
            same += best[k] == answer[k] ? 1 : 0;
          }
          all += answer.length;
          NDArray p = tensors.read(i + ".last_logits", manager).logSoftmax(0);
          NDArray q = logits.get("0, 0").logSoftmax(0);
          double divergence = p.exp().mul(p.sub(q)).sum().getFloat();
          assertThat(divergence).isLessThan(1e-4);
        }
      }
      assertThat(all).isEqualTo(152);
      assertThat(same).isGreaterThanOrEqualTo(151);
    }
  }
}
