package org.safety4j.core.nn.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.nn.Directional;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.CausalLmObjective;
import org.safety4j.core.train.TokenSequence;

/** Gradients of weights, and texts that share rows. */
class LmTrainingTest {
  private static TrainableLm open(String fixture) {
    return (TrainableLm) LanguageModels.causalLm(Fixtures.path(fixture));
  }

  /** Texts of different lengths, with prompts that are not learnt. */
  private static List<TokenSequence> sequences() {
    SplittableRandom random = new SplittableRandom(3);
    List<TokenSequence> all = new ArrayList<>();
    for (int length : new int[] {9, 3, 5, 12, 4}) {
      int[] prompt = random.ints(length / 3, 5, 250).toArray();
      int[] answer = random.ints(length - length / 3, 5, 250).toArray();
      all.add(TokenSequence.answer(prompt, answer));
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "qwen2", "smollm3"})
  void gradientsOfAllWeightsAgreeWithDifferences(String fixture) {
    try (TrainableLm lm = open(fixture);
        Scope scope = Scope.open()) {
      CausalLmObjective objective = new CausalLmObjective(lm, sequences(), 16);
      Supplier<NDArray> loss = () -> objective.loss(new int[] {0, 1, 2, 3, 4}, 0, null);
      NDList gradients = Directional.gradients(lm.parameters(), loss);
      Directional.check(lm.parameters(), gradients, loss, 0.02f);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "qwen2", "smollm3"})
  void textsThatShareRowsAreScoredAsIfTheyStoodAlone(String fixture) {
    try (TrainableLm lm = open(fixture);
        Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      List<TokenSequence> sequences = sequences();
      List<double[]> alone =
          lm.logProbabilities(sequences.stream().map(TokenSequence::ids).toList());
      for (int rowLength : new int[] {1, 16, 40}) {
        float[] packed =
            new CausalLmObjective(lm, sequences, rowLength)
                .logProbabilities(0, 1, 2, 3, 4)
                .toFloatArray();
        for (int i = 0; i < packed.length; i++) {
          double expected = 0;
          for (int k = 1; k < sequences.get(i).length(); k++) {
            expected += sequences.get(i).learnt()[k] ? alone.get(i)[k - 1] : 0;
          }
          assertThat((double) packed[i]).isCloseTo(expected, within(1e-3));
        }
      }
    }
  }

  @Test
  void gradientOfTheTokenTableIsTheReferencesGradientGathered() {
    try (TrainableLm lm = open("llama");
        SafetensorsFile io =
            SafetensorsFile.open(Fixtures.path("llama").resolve("io.safetensors"));
        Scope scope = Scope.open()) {
      NDManager manager = lm.manager();
      NDArray ids = io.read("in.ids", manager);
      NDArray vLogits = io.read("vjp.logits", manager);
      NDArray vHidden = io.read("vjp.hidden", manager);
      String table = "model.embed_tokens.weight";
      NDArray found =
          Directional.gradients(
                  Map.of(table, lm.parameters().get(table)),
                  () -> {
                    CausalLm.Trace trace = lm.trace(lm.embed(ids), LmContext.whole());
                    NDArray total = trace.logits().mul(vLogits).sum();
                    for (int i = 0; i < trace.hidden().size(); i++) {
                      total = total.add(trace.hidden().get(i).mul(vHidden.get(i)).sum());
                    }
                    return total;
                  })
              .get(0);
      float[] reference = io.read("grad.embeddings", manager).toFloatArray();
      long[] tokens = ids.toLongArray();
      int width = lm.width();
      float[] expected = new float[lm.vocabularySize() * width];
      float largest = 0;
      for (int i = 0; i < tokens.length; i++) {
        for (int k = 0; k < width; k++) {
          expected[(int) tokens[i] * width + k] += reference[i * width + k];
          largest = Math.max(largest, Math.abs(reference[i * width + k]));
        }
      }
      NDArray gathered = manager.create(expected, new Shape(lm.vocabularySize(), width));
      assertThat(found.sub(gathered).abs().max().getFloat()).isLessThan(1e-3f * largest);
    }
  }

  @Test
  void sequencesBeyondTheContextAreRefusedByNumber() {
    try (TrainableLm lm = open("llama")) {
      List<TokenSequence> tooLong = List.of(TokenSequence.text(new int[257]));
      assertThatThrownBy(() -> CausalLmObjective.of(lm, tooLong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("sequence 0 has 257 tokens")
          .hasMessageContaining("256");
    }
  }

  @Test
  void savedModelsOpenAgainWithTheSameScores(@TempDir Path folder) {
    try (TrainableLm lm = open("llama");
        Scope scope = Scope.open()) {
      LanguageModels.save(lm, folder);
      try (CausalLm.White again = LanguageModels.causalLm(folder)) {
        NDArray ids = lm.manager().create(new long[] {7, 30, 101, 250}, new Shape(1, 4));
        assertThat(again.logits(ids, LmContext.whole()).toFloatArray())
            .isEqualTo(lm.logits(ids, LmContext.whole()).toFloatArray());
        assertThat(again.tokenizer().encode("the")).isEqualTo(lm.tokenizer().encode("the"));
        assertThat(again.card().architecture()).isEqualTo("LlamaForCausalLM");
      }
    }
    try (TrainableLm qwen = open("qwen2")) {
      assertThatThrownBy(() -> LanguageModels.save(qwen, folder))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("LlamaForCausalLM");
    }
  }
}
