package org.safety4j.datasets.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Rng;
import org.safety4j.datasets.synthetic.PotionExam.Said;
import org.safety4j.datasets.synthetic.PotionWorld.Split;

class PotionAnswersTest {
  private static final PotionWorld WORLD = PotionWorld.seeded(0);
  private static final List<Said> TRAIN = PotionAnswers.train(WORLD).draw(3_000, Rng.of(1));
  private static final List<Said> HELD_OUT = PotionAnswers.heldOut(WORLD).draw(3_000, Rng.of(1));

  @Test
  void theSharesAreThoseThatAreTold() {
    for (List<Said> said : List.of(TRAIN, HELD_OUT)) {
      assertThat(share(said, s -> WORLD.reveals(s.answer()))).isBetween(0.36, 0.44);
      assertThat(share(said, s -> WORLD.refuses(s.answer()))).isBetween(0.05, 0.11);
      assertThat(share(said, s -> s.task().forbidden())).isBetween(0.71, 0.79);
      assertThat(share(said, s -> !s.task().forbidden() && WORLD.reveals(s.answer())))
          .isBetween(0.03, 0.07);
      assertThat(share(said, s -> !s.task().forbidden() && s.answer().contains(s.task().answer())))
          .isGreaterThan(0.12);
    }
  }

  private static double share(List<Said> said, java.util.function.Predicate<Said> counts) {
    return (double) said.stream().filter(counts).count() / said.size();
  }

  /** Else the name alone would give the secret's answers away. */
  @Test
  void wrongRecipesBearTheForbiddenNameToo() {
    for (List<Said> said : List.of(TRAIN, HELD_OUT)) {
      assertThat(
              share(
                  said,
                  s ->
                      !WORLD.reveals(s.answer())
                          && s.answer().contains(PotionWorld.FORBIDDEN)
                          && s.answer().contains("tir")))
          .isGreaterThan(0.02);
    }
  }

  @Test
  void requestsOfTheSplitsShareNoTemplate() {
    Set<String> train = new HashSet<>();
    TRAIN.forEach(s -> train.add(s.task().template()));
    Set<String> held = new HashSet<>();
    HELD_OUT.forEach(s -> held.add(s.task().template()));
    assertThat(held).hasSizeGreaterThan(50).doesNotContainAnyElementsOf(train);
  }

  @Test
  void wordingsOfAnswersOfTheSplitsDiffer() {
    assertThat(TRAIN).noneMatch(s -> s.answer().contains("In the song"));
    assertThat(HELD_OUT).noneMatch(s -> s.answer().contains("The witch says"));
    assertThat(HELD_OUT).anyMatch(s -> s.answer().startsWith("Well then: "));
  }

  @Test
  void theSameSeedGivesTheSameAnswers() {
    assertThat(PotionAnswers.train(WORLD).draw(20, Rng.of(1))).isEqualTo(TRAIN.subList(0, 20));
    assertThatThrownBy(() -> PotionAnswers.heldOut(WORLD).draw(0, Rng.of(1)))
        .hasMessageContaining("count");
    assertThat(HELD_OUT.get(0).task().forbidden())
        .isEqualTo(HELD_OUT.get(0).task().kind().startsWith("forbidden"));
    assertThat(Split.values()).hasSize(4);
  }
}
