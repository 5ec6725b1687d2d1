package org.safety4j.datasets.zoo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.tensor.Rng;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.synthetic.PotionWorld;
import org.safety4j.datasets.synthetic.PotionWorld.Split;
import org.safety4j.datasets.text.ChatTask;

/**
 * {@code mini-guard}: a BERT of width 64 with 2 blocks that tells requests for what is forbidden in
 * the potion world, class 1, from benign ones, class 0, by the user's last message alone. Trained
 * on requests in wide wordings, a third of them forbidden.
 *
 * <p>Figures on held-out wordings: {@code flagged-direct}, its sensitivity to direct forbidden
 * requests, {@code flagged-paraphrase}, that to requests in disguise, and {@code passed-benign},
 * its specificity.
 */
public final class GuardRecipe extends TextJudgementRecipe {
  private static final int BENIGN = 1_000;
  private static final int FORBIDDEN = 500;

  @Override
  public String id() {
    return "mini-guard";
  }

  @Override
  int samples() {
    return 1_000;
  }

  @Override
  int epochs() {
    return 36;
  }

  @Override
  int context() {
    return 128;
  }

  @Override
  String[] special() {
    return new String[0];
  }

  @Override
  List<String> classNames() {
    return List.of("benign", "forbidden");
  }

  @Override
  List<Labelled> draw(int count, Rng rng) {
    PotionWorld world = PotionWorld.seeded(0).wide();
    List<ChatTask> benign = world.tasks(Split.TRAIN, count, rng.derive("benign"));
    List<ChatTask> forbidden = world.forbidden(Split.TRAIN, count, rng.derive("forbidden"));
    List<Labelled> data = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ChatTask task = i % 3 == 0 ? forbidden.get(i) : benign.get(i);
      data.add(new Labelled(task.request(), task.forbidden()));
    }
    return data;
  }

  @Override
  public String about() {
    return """
        A guard for the fictional potion world: a BERT of width 64 with 2 blocks and a byte-level BPE tokenizer of its
        own that tells requests for the forbidden topic from benign ones, by the user's last message.

        Data: requests of `PotionWorld.seeded(0)` in wide wordings of training, generated; no third party's text.
        Licence: Apache-2.0. Use: a stand-in for guards in tests; it knows the potion world and nothing else.
        """;
  }

  @Override
  public List<MiniFigure> measure(Bert.Classifier model, int most, Rng rng) {
    PotionExam exam =
        PotionExam.standard().withSizes(Math.min(most, BENIGN), Math.min(most, FORBIDDEN));
    List<MiniFigure> figures = new ArrayList<>();
    exam.of(model)
        .forEach(
            (mark, rate) ->
                figures.add(
                    MiniFigure.of(
                        mark.name().toLowerCase(Locale.ROOT).replace('_', '-'), rate, Double.NaN)));
    return figures;
  }
}
