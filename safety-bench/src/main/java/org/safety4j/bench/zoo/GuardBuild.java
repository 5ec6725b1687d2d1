package org.safety4j.bench.zoo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.run.Run;
import org.safety4j.core.run.RunListener;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.zoo.MiniGuardRecipe;
import org.safety4j.datasets.zoo.ZooFolder;
import org.safety4j.datasets.zoo.ZooGuard;
import org.safety4j.datasets.zoo.ZooLmFigures;

/**
 * Builds the guard of the zoo: trains it by its recipe, stores it in half precision with its
 * training log and model card, opens it again and examines what was stored.
 *
 * @param model the guard to build
 * @param recipe how
 * @param exam what is measured
 * @param seed root seed of the training
 */
record GuardBuild(ZooGuard model, MiniGuardRecipe recipe, PotionExam exam, long seed) {

  /**
   * Trains, stores and measures.
   *
   * @param into the folder that the model's own folder is made in
   * @param work where checkpoints are kept; empty for none
   * @param listener hears of every epoch
   * @return what was measured; also written beside the weights
   */
  ZooLmFigures into(Path into, Optional<Path> work, RunListener listener) {
    Path folder = into.resolve(model.id());
    List<TrainingLog> logs = new ArrayList<>();
    Run run = Run.seed(seed).withListener(listener);
    try (Bert.Classifier guard = recipe.train(model.id(), logs::add, work, run)) {
      ZooFolder.save(guard, folder);
    }
    TrainingLog log = logs.get(0);
    StringBuilder lines = new StringBuilder("epoch\tloss\n");
    for (int epoch = 0; epoch < log.losses().size(); epoch++) {
      lines.append(String.format(Locale.ROOT, "%d\t%.4f\n", epoch + 1, log.losses().get(epoch)));
    }
    LmBuild.write(folder.resolve(LmBuild.LOG), lines.toString());
    return measured(folder, log.steps(), log.lastLoss(), log.seconds());
  }

  /**
   * Measures the guard as it is stored, without training it; what was noted of its training stays.
   *
   * @param into the folder that the model's own folder is made in
   * @return what was measured; also written beside the weights
   */
  ZooLmFigures again(Path into) {
    Path folder = into.resolve(model.id());
    ZooLmFigures before = ZooLmFigures.read(folder);
    return measured(folder, before.steps(), before.loss(), before.seconds());
  }

  private ZooLmFigures measured(Path folder, long steps, double loss, double seconds) {
    try (TextClassifier.White stored = LanguageModels.textClassifier(folder)) {
      ZooLmFigures figures =
          new ZooLmFigures(
              ZooFolder.hashOfTextModel(folder),
              stored.card().parameters(),
              seed,
              steps,
              loss,
              seconds,
              exam.of(stored));
      figures.write(folder);
      String about =
          "A guard that tells requests for the forbidden topic of the fictional potion world from"
              + " benign ones, by the user's last message.";
      LmBuild.write(
          folder.resolve(LmBuild.CARD),
          LmBuild.card(model.id(), about, "BERT", "MiniGuardRecipe", figures));
      return figures;
    }
  }
}
