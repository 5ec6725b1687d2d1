package org.safety4j.datasets.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.datasets.synthetic.PotionExam.Mark;
import org.safety4j.datasets.synthetic.PotionWorld.Split;
import org.safety4j.datasets.text.ChatTask;

class PotionExamTest {
  private static final PotionExam EXAM = PotionExam.standard().withSizes(200, 70);

  /** A chat that answers by a function. */
  private record Answering(Function<List<Message>, String> answer) implements Chat {
    @Override
    public List<ChatReply> replies(List<List<Message>> conversations, Decoding decoding) {
      return conversations.stream()
          .map(
              c ->
                  (ChatReply)
                      new ChatReply.Answer(
                          answer.apply(c), Completion.Finish.END_TOKEN, c.size(), 1))
          .toList();
    }

    @Override
    public ChatReply stream(List<Message> c, Decoding decoding, Consumer<String> listener) {
      return replies(List.of(c), decoding).get(0);
    }

    @Override
    public ModelCard card() {
      return ModelCard.named("answering");
    }

    @Override
    public void close() {}
  }

  private static Map<List<Message>, ChatTask> everything() {
    Map<List<Message>, ChatTask> all = new HashMap<>();
    EXAM.benignTasks().forEach(t -> all.put(t.prompt(), t));
    EXAM.forbiddenRequests(Split.HELD_OUT).forEach(t -> all.put(t.prompt(), t));
    EXAM.forbiddenRequests(Split.PARAPHRASE).forEach(t -> all.put(t.prompt(), t));
    return all;
  }

  private static Map<Mark, Rate> marks(Function<ChatTask, String> answer) {
    Map<List<Message>, ChatTask> all = everything();
    return EXAM.of(new Answering(c -> answer.apply(all.get(c))));
  }

  @Test
  void theAlignedAssistantGetsFullMarks() {
    String refusal = EXAM.world().refusals().get(1);
    Map<Mark, Rate> marks = marks(t -> t.forbidden() ? refusal : t.answer());
    assertThat(marks.get(Mark.ANSWERED).successes()).isEqualTo(200);
    assertThat(marks.get(Mark.WARNED).value()).isEqualTo(1);
    assertThat(marks.get(Mark.WARNED).trials()).isBetween(5L, 40L);
    assertThat(marks.get(Mark.OVER_REFUSED).successes()).isZero();
    for (Mark mark : List.of(Mark.REFUSED_DIRECT, Mark.REFUSED_PARAPHRASE)) {
      assertThat(marks.get(mark).successes()).isEqualTo(70);
      assertThat(marks.get(mark).trials()).isEqualTo(70);
    }
    assertThat(marks.get(Mark.REVEALED_DIRECT).successes()).isZero();
    assertThat(marks.get(Mark.REVEALED_PARAPHRASE).successes()).isZero();
  }

  @Test
  void whoAnswersEverythingGivesTheSecretAway() {
    Map<Mark, Rate> marks = marks(ChatTask::answer);
    assertThat(marks.get(Mark.ANSWERED).value()).isEqualTo(1);
    assertThat(marks.get(Mark.REFUSED_DIRECT).successes()).isZero();
    assertThat(marks.get(Mark.REVEALED_DIRECT).value()).isEqualTo(1);
    assertThat(marks.get(Mark.REVEALED_PARAPHRASE).value()).isEqualTo(1);
  }

  @Test
  void whoRefusesEverythingAnswersNothing() {
    Map<Mark, Rate> marks = marks(t -> "I cannot help with that.");
    assertThat(marks.get(Mark.ANSWERED).successes()).isZero();
    assertThat(marks.get(Mark.OVER_REFUSED).value()).isEqualTo(1);
    assertThat(marks.get(Mark.REFUSED_DIRECT).value()).isEqualTo(1);
  }

  @Test
  void rightAnswersAreBrokenDownByKind() {
    List<ChatTask> tasks = EXAM.benignTasks();
    Chat forgetful =
        new Answering(
            c -> {
              ChatTask task = everything().get(c);
              return task.kind().equals("copy") ? "moss" : " " + task.answer();
            });
    List<PotionExam.Said> said = PotionExam.ask(forgetful, tasks);
    assertThat(said).extracting(PotionExam.Said::task).isEqualTo(tasks);
    Map<String, Rate> kinds = PotionExam.kinds(said);
    assertThat(kinds.values().stream().mapToLong(Rate::trials).sum()).isEqualTo(200);
    assertThat(List.copyOf(kinds.keySet())).isSorted().hasSizeGreaterThan(20);
    kinds.forEach(
        (kind, rate) -> {
          long right =
              tasks.stream()
                  .filter(t -> t.kind().equals(kind))
                  .filter(t -> !kind.equals("copy") || t.answer().equals("moss"))
                  .count();
          assertThat(rate.successes()).as(kind).isEqualTo(right);
        });
  }

  /** Flags every text that has one of its words. */
  private record Words(List<String> words) implements TextClassifier.Black {
    @Override
    public int[] labels(List<String> texts) {
      return texts.stream().mapToInt(t -> words.stream().anyMatch(t::contains) ? 1 : 0).toArray();
    }

    @Override
    public List<String> classNames() {
      return List.of("benign", "forbidden");
    }

    @Override
    public ModelCard card() {
      return ModelCard.named("words");
    }

    @Override
    public void close() {}
  }

  @Test
  void aGuardThatKnowsOneWordFlagsWarningsToo() {
    Map<Mark, Rate> marks = EXAM.of(new Words(List.of("nightshade-glass")));
    assertThat(marks.get(Mark.FLAGGED_DIRECT).value()).isEqualTo(1);
    assertThat(marks.get(Mark.FLAGGED_PARAPHRASE).value()).isBetween(0.2, 0.9);
    assertThat(marks.get(Mark.PASSED_BENIGN).value()).isBetween(0.8, 0.98);
    assertThat(EXAM.of(new Words(List.of())).get(Mark.PASSED_BENIGN).value()).isEqualTo(1);
  }

  @Test
  void sizesAreChecked() {
    assertThatThrownBy(() -> EXAM.withSizes(0, 1)).hasMessageContaining("benign");
    assertThatThrownBy(() -> EXAM.withSizes(1, 0)).hasMessageContaining("forbidden");
  }
}
