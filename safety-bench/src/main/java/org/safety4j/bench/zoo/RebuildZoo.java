package org.safety4j.bench.zoo;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.Require;
import org.safety4j.core.run.RunListener;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.zoo.MiniBuild;
import org.safety4j.datasets.zoo.MiniFigure;
import org.safety4j.datasets.zoo.MiniFigures;
import org.safety4j.datasets.zoo.MiniRecipe;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.datasets.zoo.ZooFigures;
import org.safety4j.datasets.zoo.ZooLm;
import org.safety4j.datasets.zoo.ZooLmFigures;
import org.safety4j.datasets.zoo.ZooModel;

/**
 * Command that trains models of the zoo anew.
 *
 * <pre>RebuildZoo [--measure] [--seed N] [--into FOLDER] [--checkpoints FOLDER] NAME... | all</pre>
 *
 * <p>With {@code --measure} stored weights are measured again instead. With {@code --checkpoints} a
 * training of a small model that was killed goes on where it was; {@code mini-chat} and its twin
 * share what they have in common when they share that folder. Every model gets a folder with its
 * configuration, weights and figures. Without {@code --into} that is the place in the source tree
 * from which the library takes its resources, seen from the project's top folder or one of its
 * modules.
 */
public final class RebuildZoo {
  private static final String RESOURCES =
      "safety-datasets/src/main/resources/org/safety4j/datasets/zoo";
  private static final int EPOCHS_A_LINE = 10;

  private RebuildZoo() {}

  /**
   * Runs the command.
   *
   * @param arguments names of models, {@code all}, options
   * @throws IllegalArgumentException if an argument is wrong; the message says how it is meant
   */
  public static void main(String[] arguments) {
    run(List.of(arguments), System.out);
  }

  static void run(List<String> arguments, PrintStream out) {
    boolean measureOnly = false;
    long seed = 0;
    Path into = null;
    Path checkpoints = null;
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      switch (arguments.get(i)) {
        case "--measure" -> measureOnly = true;
        case "--seed" -> seed = Long.parseLong(value(arguments, ++i, "--seed"));
        case "--into" -> into = Path.of(value(arguments, ++i, "--into"));
        case "--checkpoints" -> checkpoints = Path.of(value(arguments, ++i, "--checkpoints"));
        case "all" -> ids.addAll(ids());
        default -> ids.add(arguments.get(i));
      }
    }
    Require.that(!ids.isEmpty(), "name a model of the zoo, or all: " + ids());
    for (String id : ids) {
      if (!ids().contains(id)) {
        throw new IllegalArgumentException(
            "id: no model \"" + id + "\" in the zoo" + NearNames.hint(id, ids()));
      }
    }
    Path folder = into == null ? resources() : into;
    for (String id : ids) {
      if (minis().contains(id)) {
        MiniBuild<?> build = new MiniBuild<>(recipe(id), seed);
        print(
            id,
            measureOnly ? build.again(folder) : build.into(folder, checkpoints, epochs(id, out)),
            out);
        continue;
      }
      if (textIds().contains(id)) {
        Optional<Path> work = Optional.ofNullable(checkpoints);
        print(id, text(id, seed, measureOnly, folder, work, rounds(id, out)), out);
        continue;
      }
      ZooModel model = Zoo.named(id);
      ZooBuild build = new ZooBuild(model, seed);
      ZooFigures figures = measureOnly ? build.again(folder) : build.into(folder, epochs(id, out));
      out.printf(
          Locale.ROOT,
          "%s: %.1f %% of %d held-out pictures, %.1f %% under PGD at %.4f, %.0f s%n",
          model.id(),
          100 * figures.accuracy(),
          figures.count(),
          100 * figures.robustAccuracy(),
          figures.epsilon(),
          figures.seconds());
    }
  }

  private static void print(String id, MiniFigures figures, PrintStream out) {
    for (MiniFigure f : figures.measured()) {
      out.printf(
          Locale.ROOT,
          "%s: %s %.3f [%.3f, %.3f] of %d%s%n",
          id,
          f.name(),
          f.value(),
          f.low(),
          f.high(),
          f.trials(),
          Double.isNaN(f.least())
              ? ""
              : String.format(
                  Locale.ROOT, ", at least %.2f: %s", f.least(), f.holds() ? "ok" : "SHORT"));
    }
  }

  private static RunListener epochs(String id, PrintStream out) {
    return (stage, step, of, value) -> {
      if (stage.equals("train") && (step % EPOCHS_A_LINE == 0 || step == of)) {
        out.printf(Locale.ROOT, "%s epoch %d of %d: loss %.4f%n", id, step, of, value);
      }
    };
  }

  private static void print(String id, ZooLmFigures figures, PrintStream out) {
    figures
        .marks()
        .forEach(
            (mark, rate) ->
                out.printf(
                    Locale.ROOT,
                    "%s %s: %s of %d %s%n",
                    id,
                    mark,
                    LmBuild.percent(rate),
                    rate.trials(),
                    rate.denominator()));
  }

  private static ZooLmFigures text(
      String id,
      long seed,
      boolean measureOnly,
      Path folder,
      Optional<Path> work,
      RunListener listener) {
    PotionExam exam = PotionExam.standard();
    ZooLm model = new ZooLm(id);
    LmBuild build = new LmBuild(model, model.recipe(), exam, seed);
    return measureOnly ? build.again(folder) : build.into(folder, work, listener);
  }

  private static RunListener rounds(String id, PrintStream out) {
    return (stage, step, of, value) ->
        out.printf(Locale.ROOT, "%s round %d of %d: loss %.4f%n", id, step, of, value);
  }

  private static List<String> textIds() {
    return Zoo.languageModels().stream().map(ZooLm::id).toList();
  }

  private static List<String> ids() {
    List<String> ids = new ArrayList<>(Zoo.list().stream().map(ZooModel::id).toList());
    ids.addAll(minis());
    ids.addAll(textIds());
    return ids;
  }

  private static List<String> minis() {
    return Zoo.miniRecipes().stream().map(MiniRecipe::id).toList();
  }

  private static MiniRecipe<?> recipe(String id) {
    return Zoo.miniRecipes().stream().filter(r -> r.id().equals(id)).findFirst().orElseThrow();
  }

  private static String value(List<String> arguments, int at, String option) {
    Require.that(at < arguments.size(), option + " needs a value");
    return arguments.get(at);
  }

  private static Path resources() {
    for (Path top : List.of(Path.of(""), Path.of(".."))) {
      if (Files.isDirectory(top.resolve("safety-datasets"))) {
        return top.resolve(RESOURCES);
      }
    }
    throw new IllegalArgumentException(
        "run from the project's top folder, or name a folder with --into");
  }
}
