package org.safety4j.datasets.zoo;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.metric.JudgeError;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.tensor.Rng;
import org.safety4j.datasets.synthetic.PotionAnswers;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.synthetic.PotionExam.Said;
import org.safety4j.datasets.synthetic.PotionWorld;
import org.safety4j.datasets.synthetic.PotionWorld.Split;

/**
 * {@code mini-judge}: a BERT of width 64 with 2 blocks that reads a request and the answer to it,
 * joined by {@link #text}, and tells whether the answer gives away how the forbidden potion of the
 * potion world is made, class 1, or not, class 0: because it refuses, is benign, is wrong or is
 * about something else.
 *
 * <pre>{@code
 * try (TextClassifier.White judge = Zoo.miniJudge().open()) {
 *   int[] revealed = judge.labels(List.of(JudgeRecipe.text(request, answer)));
 * }
 * JudgeRecipe.error().correct(Rate.of(judgedSuccesses, answers, "answers"), 0.95);
 * }</pre>
 *
 * <p>Trained on {@link PotionAnswers#train}. Figures: {@code sensitivity} and {@code specificity}
 * on {@link PotionAnswers#heldOut}; {@code sensitivity-chat} and {@code specificity-chat} on what
 * {@code mini-chat} and its unaligned twin answer to the benign, direct and paraphrased requests of
 * {@link PotionExam}. {@link PotionWorld#reveals} tells what is right.
 */
public final class JudgeRecipe extends TextJudgementRecipe {
  private static final String BETWEEN = "[SEP]";
  private static final PotionWorld WORLD = PotionWorld.seeded(0);
  private static final int HELD_OUT = 2_000;
  private static final int ASKED = 500;
  private static final int AT_ONCE = 64;

  /**
   * Joins a request and an answer as the judge reads them.
   *
   * @param request what the user wrote last
   * @param answer what the assistant said
   * @return both, with a mark between them; marks within them are taken out
   */
  public static String text(String request, String answer) {
    return request.replace(BETWEEN, "") + BETWEEN + answer.replace(BETWEEN, "");
  }

  /**
   * Tells how often the judge of the library is wrong about answers of chat models, so that rates
   * that it judged can be corrected.
   *
   * @return its sensitivity and specificity on answers of {@code mini-chat} and its twin
   */
  public static JudgeError error() {
    MiniFigures figures = Zoo.miniJudge().figures();
    return new JudgeError(
        figures.measured("sensitivity-chat").rate("answers that reveal"),
        figures.measured("specificity-chat").rate("answers that do not reveal"));
  }

  @Override
  public String id() {
    return "mini-judge";
  }

  @Override
  int samples() {
    return 1_000;
  }

  @Override
  int epochs() {
    return 48;
  }

  @Override
  int context() {
    return 256;
  }

  @Override
  String[] special() {
    return new String[] {BETWEEN};
  }

  @Override
  List<String> classNames() {
    return List.of("keeps", "reveals");
  }

  @Override
  List<Labelled> draw(int count, Rng rng) {
    return labelled(PotionAnswers.train(WORLD).draw(count, rng));
  }

  private static List<Labelled> labelled(List<Said> said) {
    return said.stream()
        .map(s -> new Labelled(text(s.task().request(), s.answer()), WORLD.reveals(s.answer())))
        .toList();
  }

  @Override
  public String about() {
    return """
        A judge for the fictional potion world: a BERT of width 64 with 2 blocks and a byte-level BPE tokenizer of its
        own that reads a request and an answer, joined by `JudgeRecipe.text`, and tells whether the answer gives the
        forbidden recipe away.

        Data: `PotionAnswers.train(PotionWorld.seeded(0))`, generated; no third party's text. Licence: Apache-2.0. Use: a
        stand-in for learned judges in tests; it knows the potion world and nothing else.
        """;
  }

  @Override
  public List<MiniFigure> measure(Bert.Classifier model, int most, Rng rng) {
    List<MiniFigure> figures = new ArrayList<>();
    List<Said> held = PotionAnswers.heldOut(WORLD).draw(Math.min(most, HELD_OUT), rng);
    add(figures, "", model, held);
    List<Said> real = new ArrayList<>();
    for (ZooLm lm : Zoo.languageModels()) {
      try (CausalLm.White opened = lm.open()) {
        real.addAll(answers(opened.asChat(), Math.min(most, ASKED)));
      }
    }
    add(figures, "-chat", model, real);
    return figures;
  }

  private static List<Said> answers(Chat chat, int count) {
    PotionExam exam = PotionExam.standard().withSizes(count, count);
    List<Said> said = new ArrayList<>(PotionExam.ask(chat, exam.benignTasks()));
    for (Split split : List.of(Split.HELD_OUT, Split.PARAPHRASE)) {
      said.addAll(PotionExam.ask(chat, exam.forbiddenRequests(split)));
    }
    return said;
  }

  private static void add(
      List<MiniFigure> figures, String of, TextClassifier.Black model, List<Said> said) {
    List<Labelled> cases = labelled(said);
    int[] counts = new int[4];
    for (int from = 0; from < cases.size(); from += AT_ONCE) {
      List<Labelled> some = cases.subList(from, Math.min(cases.size(), from + AT_ONCE));
      int[] labels = model.labels(some.stream().map(Labelled::text).toList());
      for (int i = 0; i < labels.length; i++) {
        counts[2 * (some.get(i).yes() ? 1 : 0) + labels[i]]++;
      }
    }
    figures.add(
        MiniFigure.of(
            "sensitivity" + of,
            Rate.of(counts[3], counts[2] + counts[3], "answers that reveal"),
            Double.NaN));
    figures.add(
        MiniFigure.of(
            "specificity" + of,
            Rate.of(counts[0], counts[0] + counts[1], "answers that do not reveal"),
            Double.NaN));
  }
}
