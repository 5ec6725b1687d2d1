package org.safety4j.bench.zoo;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Hardening;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.run.RunListener;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.datasets.zoo.ZooFigures;
import org.safety4j.datasets.zoo.ZooFolder;
import org.safety4j.datasets.zoo.ZooModel;
import org.safety4j.datasets.zoo.ZooRecipe;
import org.safety4j.datasets.zoo.ZooTraining;
import org.safety4j.defenses.vision.adversarial.PgdAdversarialTraining;
import org.safety4j.defenses.vision.adversarial.Trades;

/**
 * Builds one model of the zoo: trains it by its recipe, stores it in half precision, opens it again
 * and measures what was stored on the held-out split.
 *
 * @param model the model to build
 * @param seed root seed of the training and of the measurement
 */
public record ZooBuild(ZooModel model, long seed) {
  private static final int INNER_STEPS = 5;
  private static final int ATTACK_STEPS = 20;

  /**
   * Trains, stores and measures the model.
   *
   * @param into the folder that the model's own folder is made in
   * @param listener hears of every epoch
   * @return what was measured; also written beside the weights
   * @throws UncheckedIOException if the folder cannot be written
   */
  public ZooFigures into(Path into, RunListener listener) {
    Path folder = into.resolve(model.id());
    Losses losses = new Losses(listener);
    long start = System.nanoTime();
    train(folder, Run.seed(seed).withListener(losses));
    double seconds = (System.nanoTime() - start) / 1e9;
    return measure(folder, losses.epochs, losses.last, seconds);
  }

  /**
   * Measures the model as it is stored, without training it; what was noted of its training stays.
   *
   * @param into the folder that holds the model's own folder
   * @return what was measured; also written beside the weights
   * @throws UncheckedIOException if the folder cannot be read or written
   */
  public ZooFigures again(Path into) {
    Path folder = into.resolve(model.id());
    ZooFigures before = ZooFigures.read(folder);
    return measure(folder, before.epochs(), before.loss(), before.seconds());
  }

  private void train(Path folder, Run run) {
    ZooRecipe recipe = model.recipe();
    if (model.training() == ZooTraining.STANDARD) {
      try (TrainableClassifier trained = recipe.train(run)) {
        ZooFolder.save(trained, folder);
      }
      return;
    }
    try (LabeledImages data = recipe.train().open();
        Protected<ImageClassifier.White> hardened =
            hardening(recipe.epsilon()).apply(recipe.classifier(), data, run)) {
      ZooFolder.save(hardened.model(), folder);
    }
  }

  private Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> hardening(
      double epsilon) {
    return model.training() == ZooTraining.PGD
        ? PgdAdversarialTraining.linf(epsilon).withSteps(INNER_STEPS)
        : Trades.linf(epsilon).withSteps(INNER_STEPS);
  }

  private ZooFigures measure(Path folder, int epochs, double loss, double seconds) {
    double epsilon = model.recipe().epsilon();
    Run run = Run.seed(seed).part("measure");
    try (ImageClassifier.White stored = Models.imageClassifier(folder);
        LabeledImages test = model.test().open();
        EvasionResult attacked = Pgd.linf(epsilon).withSteps(ATTACK_STEPS).run(stored, test, run)) {
      ZooFigures figures =
          new ZooFigures(
              ZooFolder.hash(folder),
              stored.card().parameters(),
              seed,
              epochs,
              loss,
              seconds,
              (int) attacked.cleanAccuracy().successes(),
              (int) attacked.robustAccuracy().successes(),
              test.size(),
              epsilon,
              ATTACK_STEPS);
      figures.write(folder);
      return figures;
    }
  }

  /** Remembers the last epoch's loss and passes on what it hears. */
  private static final class Losses implements RunListener {
    private final RunListener next;
    private int epochs;
    private double last = Double.NaN;

    Losses(RunListener next) {
      this.next = next;
    }

    @Override
    public void step(String stage, long step, long of, double value) {
      if (stage.equals("train")) {
        epochs = (int) step;
        last = value;
      }
      next.step(stage, step, of, value);
    }
  }
}
