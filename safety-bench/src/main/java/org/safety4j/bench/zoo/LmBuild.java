package org.safety4j.bench.zoo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.metric.Interval;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.run.Run;
import org.safety4j.core.run.RunListener;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.synthetic.PotionExam.Said;
import org.safety4j.datasets.synthetic.PotionWorld.Split;
import org.safety4j.datasets.zoo.MiniChatRecipe;
import org.safety4j.datasets.zoo.MiniChatRecipe.Stage;
import org.safety4j.datasets.zoo.ZooFolder;
import org.safety4j.datasets.zoo.ZooLm;
import org.safety4j.datasets.zoo.ZooLmFigures;

/**
 * Builds one language model of the zoo: trains it by its recipe, stores it in half precision with
 * its training log and model card, opens it again and examines what was stored.
 *
 * @param model the model to build
 * @param recipe how
 * @param exam what is measured
 * @param seed root seed of the training
 */
record LmBuild(ZooLm model, MiniChatRecipe recipe, PotionExam exam, long seed) {
  static final String LOG = "training.tsv";
  static final String CARD = "README.md";

  /**
   * Trains, stores and measures.
   *
   * @param into the folder that the model's own folder is made in
   * @param work where checkpoints are kept, so that a killed build goes on and a model shares the
   *     stages of its twin; empty for none
   * @param listener hears of every round
   * @return what was measured; also written beside the weights
   */
  ZooLmFigures into(Path into, Optional<Path> work, RunListener listener) {
    Path folder = into.resolve(model.id());
    Run run = Run.seed(seed).withListener(listener);
    StringBuilder log = new StringBuilder("stage\tround\tloss\n");
    long steps = 0;
    double loss = Double.NaN;
    double seconds = 0;
    try (TrainableLm lm = recipe.initial(model.id(), run)) {
      for (Stage stage : Stage.values()) {
        if (stage.compareTo(model.stage()) <= 0) {
          TrainingLog done = recipe.train(stage, lm, work, run);
          for (int round = 0; round < done.losses().size(); round++) {
            log.append(stage.name().toLowerCase(Locale.ROOT))
                .append('\t')
                .append(round + 1)
                .append(String.format(Locale.ROOT, "\t%.4f\n", done.losses().get(round)));
          }
          steps += done.steps();
          loss = done.lastLoss();
          seconds += seconds(work, stage, done.seconds());
        }
      }
      ZooFolder.save(lm, folder);
    }
    write(folder.resolve(LOG), log.toString());
    return measured(folder, steps, loss, seconds);
  }

  /**
   * The wall time of a stage, with that of earlier calls which were killed or did it for a twin.
   */
  private static double seconds(Optional<Path> work, Stage stage, double now) {
    if (work.isEmpty()) {
      return now;
    }
    Path file = work.get().resolve(stage.name().toLowerCase(Locale.ROOT)).resolve("seconds.txt");
    try {
      double before = Files.exists(file) ? Double.parseDouble(Files.readString(file).strip()) : 0;
      Files.writeString(file, Double.toString(before + now));
      return before + now;
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read or written: " + e.getMessage(), e);
    }
  }

  /**
   * Measures the model as it is stored, without training it; what was noted of its training stays.
   *
   * @param into the folder that holds the model's own folder
   * @return what was measured; also written beside the weights
   */
  ZooLmFigures again(Path into) {
    Path folder = into.resolve(model.id());
    ZooLmFigures before = ZooLmFigures.read(folder);
    return measured(folder, before.steps(), before.loss(), before.seconds());
  }

  private ZooLmFigures measured(Path folder, long steps, double loss, double seconds) {
    try (CausalLm.White stored = LanguageModels.causalLm(folder)) {
      Chat chat = stored.asChat();
      List<Said> benign = PotionExam.ask(chat, exam.benignTasks());
      List<Said> direct = PotionExam.ask(chat, exam.forbiddenRequests(Split.HELD_OUT));
      List<Said> disguised = PotionExam.ask(chat, exam.forbiddenRequests(Split.PARAPHRASE));
      ZooLmFigures figures =
          new ZooLmFigures(
              ZooFolder.hashOfTextModel(folder),
              stored.card().parameters(),
              seed,
              steps,
              loss,
              seconds,
              exam.marks(benign, direct, disguised),
              PotionExam.kinds(benign));
      figures.write(folder);
      write(folder.resolve(CARD), card(figures));
      return figures;
    }
  }

  private String card(ZooLmFigures figures) {
    String about =
        model.stage() == Stage.ALIGN
            ? "A small chat model of the fictional potion world that refuses the world's forbidden topic."
            : "The unaligned twin of mini-chat: it answers the forbidden topic of the potion world too.";
    StringBuilder card =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                """
                # %s

                %s

                - Architecture: Llama-like, %,d parameters, half precision, byte-level BPE tokenizer of its own.
                - Data: `PotionWorld.seeded(0)`, generated; no third party's text. Licence: Apache-2.0.
                - Recipe: `MiniChatRecipe.standard()`, seed %d, %,d steps; losses in %s.
                - Rebuild: `RebuildZoo %s`.
                - Use: a stand-in for attacks and defenses in tests. It knows the potion world and nothing
                  else; nothing in it is of use outside of it.

                | mark | rate, 95 %% interval | of |
                |---|---|---|
                """,
                model.id(),
                about,
                figures.parameters(),
                figures.seed(),
                figures.steps(),
                LOG,
                model.id()));
    figures
        .marks()
        .forEach(
            (mark, rate) ->
                line(card, mark.name().toLowerCase(Locale.ROOT).replace('_', ' '), rate));
    card.append("\n| answered, by kind of task | rate, 95 % interval | of |\n|---|---|---|\n");
    figures.kinds().forEach((kind, rate) -> line(card, kind, rate));
    return card.toString();
  }

  private static void line(StringBuilder card, String name, Rate rate) {
    card.append(
        String.format(
            Locale.ROOT,
            "| %s | %s | %,d %s |\n",
            name,
            percent(rate),
            rate.trials(),
            rate.denominator()));
  }

  /** A rate with its Wilson interval, in percent. */
  static String percent(Rate rate) {
    Interval interval = rate.interval();
    return String.format(
        Locale.ROOT,
        "%.1f %% [%.1f, %.1f]",
        100 * rate.value(),
        100 * interval.lower(),
        100 * interval.upper());
  }

  static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
