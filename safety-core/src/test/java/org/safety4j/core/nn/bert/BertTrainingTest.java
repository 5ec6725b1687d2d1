package org.safety4j.core.nn.bert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.nn.Directional;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.TextClassifierObjective;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;

class BertTrainingTest {
  private static final List<String> TEXTS =
      List.of("the first text", "a second one", "more", "and the last of them", "no", "yes yes");
  private static final List<Integer> LABELS = List.of(0, 1, 2, 0, 1, 2);

  private static Bert.Classifier open() {
    return (Bert.Classifier) LanguageModels.textClassifier(Fixtures.path("bert"));
  }

  @Test
  void gradientsOfAllWeightsAgreeWithDifferences() {
    try (Bert.Classifier model = open();
        Scope scope = Scope.open()) {
      TextClassifierObjective objective = new TextClassifierObjective(model, TEXTS, LABELS);
      int[] all = IntStream.range(0, TEXTS.size()).toArray();
      Supplier<NDArray> loss = () -> objective.loss(all, 0, null);
      NDList gradients = Directional.gradients(model.parameters(), loss);
      Directional.check(model.parameters(), gradients, loss, 0.02f);
    }
  }

  @Test
  void classifiersLearnTheirTexts() {
    try (Bert.Classifier model = open();
        Scope scope = Scope.open()) {
      TextClassifierObjective objective = new TextClassifierObjective(model, TEXTS, LABELS);
      TrainingLoop.run(
          model, TEXTS.size(), objective, TrainingOptions.adamW(40, 3, 5e-3), Run.seed(0));
      try (GradMode mode = GradMode.off()) {
        long[] found = model.logits(TEXTS).argMax(1).toLongArray();
        assertThat(found).containsExactly(0, 1, 2, 0, 1, 2);
      }
    }
  }

  @Test
  void savedClassifiersOpenAgainWithTheSameScores(@TempDir Path folder) {
    try (Bert.Classifier model = open();
        Scope scope = Scope.open()) {
      LanguageModels.save(model, folder);
      try (TextClassifier.White again = LanguageModels.textClassifier(folder)) {
        assertThat(again.logits(TEXTS).toFloatArray())
            .isEqualTo(model.logits(TEXTS).toFloatArray());
        assertThat(again.classNames()).isEqualTo(model.classNames());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Pooling.Mode.class)
  void savedEncodersOpenAgainWithTheirPooling(Pooling.Mode mode, @TempDir Path folder) {
    for (boolean normalised : new boolean[] {true, false}) {
      Pooling pooling = new Pooling(mode, normalised);
      Path own = folder.resolve(pooling.toString());
      try (Bert.Encoder model =
              (Bert.Encoder)
                  LanguageModels.textEncoder(ModelFiles.in(Fixtures.path("bert")), pooling);
          Scope scope = Scope.open()) {
        LanguageModels.save(model, own);
        try (Bert.Encoder again = (Bert.Encoder) LanguageModels.textEncoder(own)) {
          assertThat(again.pooling()).isEqualTo(pooling);
          assertThat(again.embed(TEXTS).toFloatArray())
              .isEqualTo(model.embed(TEXTS).toFloatArray());
        }
      }
    }
  }

  @Test
  void labelsThatAreNoClassAreRefused() {
    try (Bert.Classifier model = open()) {
      assertThatThrownBy(() -> new TextClassifierObjective(model, List.of("a"), List.of(3)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[0, 3)");
      assertThatThrownBy(() -> new TextClassifierObjective(model, TEXTS, List.of(0)))
          .hasMessageContaining("6 texts");
    }
  }
}
