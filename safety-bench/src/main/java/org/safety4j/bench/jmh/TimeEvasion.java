package org.safety4j.bench.jmh;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.vision.adversarial.Apgd;
import org.safety4j.attacks.vision.adversarial.CarliniWagner;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.attacks.vision.adversarial.Square;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.datasets.images.NpzImages;

/**
 * Times attacks on a model folder and images in an NPZ file, for a comparison with other
 * implementations on the same weights and images: see docs/benchmarks/attacks_vs_python.py.
 * Arguments: folder, file with {@code images} and {@code labels}, epsilon, repetitions. Prints a
 * line an attack: name, median milliseconds, images that fell, mean distance of those.
 */
public final class TimeEvasion {
  private static final int STEPS = 20;
  private static final int LONG = 50;
  private static final int QUERIES = 100;

  private TimeEvasion() {}

  /**
   * Runs the timing.
   *
   * @param args folder, file, epsilon, repetitions
   */
  public static void main(String[] args) {
    double epsilon = Double.parseDouble(args[2]);
    int repetitions = Integer.parseInt(args[3]);
    Map<String, EvasionAttack<? super ImageClassifier.White>> attacks = new LinkedHashMap<>();
    attacks.put("pgd", Pgd.linf(epsilon).withSteps(STEPS).withFinish(Finish.LAST_IMAGE));
    attacks.put("apgd", Apgd.linf(epsilon).withSteps(LONG));
    attacks.put("cw", CarliniWagner.l2().withSearchSteps(1).withSteps(LONG).withFirstC(1));
    attacks.put("square", Square.linf(epsilon).withShare(0.8).withQueries(QUERIES));
    try (ImageClassifier.White model = Models.imageClassifier(Path.of(args[0]));
        LabeledImages images = NpzImages.read(Path.of(args[1]), "images", "labels")) {
      attacks.forEach((name, attack) -> time(name, attack, model, images, repetitions));
    }
  }

  private static void time(
      String name,
      EvasionAttack<? super ImageClassifier.White> attack,
      ImageClassifier.White model,
      LabeledImages images,
      int repetitions) {
    attack.run(model, images, Run.seed(0)).close();
    double[] millis = new double[repetitions];
    long fallen = 0;
    double distance = Double.NaN;
    for (int i = 0; i < repetitions; i++) {
      long start = System.nanoTime();
      try (EvasionResult result = attack.run(model, images, Run.seed(i))) {
        millis[i] = (System.nanoTime() - start) / 1e6;
        fallen = result.successRate().successes();
        DoubleStream moved =
            result.samples().stream()
                .filter(EvasionResult.Sample::success)
                .mapToDouble(EvasionResult.Sample::distance);
        distance = moved.average().orElse(Double.NaN);
      }
    }
    Arrays.sort(millis);
    System.out.printf(
        Locale.ROOT, "%s\t%.1f\t%d\t%.4f%n", name, millis[repetitions / 2], fallen, distance);
  }
}
