package org.safety4j.datasets.zoo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.run.Run;
import org.safety4j.core.run.RunListener;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingOptions;

/**
 * Builds one small model of the zoo: trains it by its recipe, stores it in half precision with the
 * training's losses beside it, opens it again and measures what was stored.
 *
 * @param <M> the model
 * @param recipe how it comes about
 * @param seed root seed of the training and of the measurement
 */
public record MiniBuild<M extends Model & Trainable>(MiniRecipe<M> recipe, long seed) {
  /** Name of the file that holds the mean training loss of every epoch. */
  public static final String LOG = "training.tsv";

  /** Name of the file that holds the model's card, if it has one. */
  public static final String CARD = "README.md";

  /**
   * Trains, stores and measures the model.
   *
   * @param into the folder that the model's own folder is made in
   * @param checkpoints folder for checkpoints, from which a killed training goes on; null for none
   * @param listener hears of every epoch
   * @return what was measured; also written beside the weights
   * @throws UncheckedIOException if the folder cannot be written
   */
  public MiniFigures into(Path into, Path checkpoints, RunListener listener) {
    Path folder = into.resolve(recipe.id());
    Run run = Run.seed(seed).withListener(listener);
    TrainingOptions options = recipe.options();
    if (checkpoints != null) {
      options = options.withCheckpoint(checkpoints.resolve(recipe.id()));
    }
    try (M model = recipe.initial(run.rng().derive("initial"))) {
      TrainingLog log = recipe.train(model, options, run);
      recipe.save(model, folder);
      ZooFolder.halve(folder);
      write(folder.resolve(LOG), log.losses());
      return measure(
          folder,
          log.losses().size(),
          log.steps(),
          log.losses().get(0),
          log.lastLoss(),
          log.seconds());
    }
  }

  /**
   * Measures the model as it is stored, without training it; what was noted of its training stays.
   *
   * @param into the folder that holds the model's own folder
   * @return what was measured; also written beside the weights
   * @throws UncheckedIOException if the folder cannot be read or written
   */
  public MiniFigures again(Path into) {
    Path folder = into.resolve(recipe.id());
    MiniFigures before = MiniFigures.read(folder);
    return measure(
        folder,
        before.epochs(),
        before.steps(),
        before.firstLoss(),
        before.lastLoss(),
        before.seconds());
  }

  private MiniFigures measure(
      Path folder, int epochs, long steps, double first, double last, double seconds) {
    List<String> files = ZooFolder.files(folder);
    try (M stored = recipe.open(ModelFiles.in(folder))) {
      MiniFigures figures =
          new MiniFigures(
              ZooFolder.hash(folder, files),
              files,
              stored.card().parameters(),
              seed,
              epochs,
              steps,
              first,
              last,
              seconds,
              recipe.measure(stored, Integer.MAX_VALUE, Rng.of(seed).derive("measure")));
      figures.write(folder);
      if (!recipe.about().isEmpty()) {
        write(folder.resolve(CARD), card(figures));
      }
      return figures;
    }
  }

  private static void write(Path file, List<Double> losses) {
    StringBuilder text = new StringBuilder("epoch\tloss\n");
    for (int i = 0; i < losses.size(); i++) {
      text.append(i + 1).append('\t');
      text.append(String.format(Locale.ROOT, "%.5f", losses.get(i))).append('\n');
    }
    write(file, text.toString());
  }

  private String card(MiniFigures figures) {
    StringBuilder card = new StringBuilder();
    card.append(
        String.format(
            Locale.ROOT,
            """
            # %s

            %s

            - %,d parameters, stored in half precision.
            - Recipe: `%s`, seed %d, %d epochs, %,d steps; losses in %s.
            - Rebuild: `RebuildZoo %s`.

            | figure | value, 95 %% interval | of |
            |---|---|---|
            """,
            recipe.id(),
            recipe.about().strip(),
            figures.parameters(),
            recipe.getClass().getSimpleName(),
            figures.seed(),
            figures.epochs(),
            figures.steps(),
            LOG,
            recipe.id()));
    for (MiniFigure f : figures.measured()) {
      card.append(
          String.format(
              Locale.ROOT,
              "| %s | %.3f [%.3f, %.3f] | %,d |\n",
              f.name(),
              f.value(),
              f.low(),
              f.high(),
              f.trials()));
    }
    return card.toString();
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
