package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.run.Run;
import org.safety4j.core.train.TokenSequence;
import org.safety4j.datasets.zoo.MiniChatRecipe.Stage;

class MiniChatRecipeTest {
  private static final MiniChatRecipe SMALL = new MiniChatRecipe(256, 64, 128, 64, 2, 16);

  private static String learnt(TrainableLm lm, TokenSequence sequence) {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < sequence.length(); i++) {
      if (sequence.learnt()[i]) {
        ids.add(sequence.ids()[i]);
      }
    }
    return lm.tokenizer().decode(ids.stream().mapToInt(i -> i).toArray());
  }

  /** Measured: 6.1 in the first round, 5.1 in the second; a model that does not learn stays. */
  @Test
  void aShortRunLearnsTheCorpus() {
    try (TrainableLm lm = SMALL.initial("short", Run.seed(0))) {
      List<Double> losses = SMALL.train(Stage.PRETRAIN, lm, Optional.empty(), Run.seed(0)).losses();
      assertThat(losses).hasSize(2);
      assertThat(losses.get(0)).isBetween(4.0, Math.log(1_024));
      assertThat(losses.get(1)).isLessThan(losses.get(0) - 0.6);
    }
  }

  @Test
  void stagesLearnWhatTheySay() {
    try (TrainableLm lm = SMALL.initial("small", Run.seed(0))) {
      assertThat(lm.tokenizer().size()).isLessThanOrEqualTo(1_024);
      assertThat(lm.card().parameters()).isBetween(900_000L, 1_100_000L);
      assertThat(SMALL.data(Stage.PRETRAIN, lm, Run.seed(0)))
          .hasSize(256)
          .allMatch(s -> s.targets() == s.length() - 1);
      List<TokenSequence> drills = SMALL.data(Stage.DRILL, lm, Run.seed(0));
      assertThat(drills).hasSize(64 + 17);
      assertThat(drills.stream().filter(s -> s.targets() == s.length() - 1)).hasSize(17);
      List<String> instructed = new ArrayList<>();
      SMALL.data(Stage.INSTRUCT, lm, Run.seed(0)).forEach(s -> instructed.add(learnt(lm, s)));
      assertThat(instructed).hasSize(128).noneMatch(s -> s.contains("I cannot"));
      List<String> aligned = new ArrayList<>();
      SMALL.data(Stage.ALIGN, lm, Run.seed(0)).forEach(s -> aligned.add(learnt(lm, s)));
      assertThat(aligned).hasSize(64).allMatch(s -> s.endsWith("<|end|>"));
      assertThat(aligned.stream().filter(s -> s.endsWith("<|end|>") && s.contains("I cannot")))
          .hasSize(16);
      assertThat(aligned).noneMatch(s -> s.contains("user"));
    }
  }

  @Test
  void roundsMustHaveDataInEveryStage() {
    assertThatThrownBy(() -> new MiniChatRecipe(10, 10, 10, 3, 4, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rounds");
  }
}
