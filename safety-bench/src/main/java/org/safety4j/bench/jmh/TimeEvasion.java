package org.safety4j.bench.jmh;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
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
 * Arguments: folder, file with {@code images} and {@code labels}, epsilon. Each line read names an
 * attack, {@code pgd}, {@code apgd}, {@code cw} or {@code square}; the line written has
 * milliseconds, images that fell and the mean distance of those. Every run has another seed.
 */
public final class TimeEvasion {
  private static final int STEPS = 20;
  private static final int LONG = 50;
  private static final int QUERIES = 100;

  private TimeEvasion() {}

  /**
   * Runs the timing.
   *
   * @param args folder, file, epsilon
   */
  public static void main(String[] args) {
    double epsilon = Double.parseDouble(args[2]);
    Pgd pgd = Pgd.linf(epsilon).withSteps(STEPS).withFinish(Finish.LAST_IMAGE);
    Apgd apgd = Apgd.linf(epsilon).withSteps(LONG);
    CarliniWagner cw = CarliniWagner.l2().withSearchSteps(1).withSteps(LONG).withFirstC(1);
    Square square = Square.linf(epsilon).withShare(0.8).withQueries(QUERIES);
    try (ImageClassifier.White model = Models.imageClassifier(Path.of(args[0]));
        LabeledImages images = NpzImages.read(Path.of(args[1]), "images", "labels")) {
      new Requests()
          .answering("pgd", run(pgd, model, images))
          .answering("apgd", run(apgd, model, images))
          .answering("cw", run(cw, model, images))
          .answering("square", run(square, model, images))
          .serve(System.in, System.out);
    }
  }

  private static Supplier<String> run(
      EvasionAttack<? super ImageClassifier.White> attack,
      ImageClassifier.White model,
      LabeledImages images) {
    AtomicInteger seed = new AtomicInteger();
    return () -> {
      try (EvasionResult result = attack.run(model, images, Run.seed(seed.getAndIncrement()))) {
        DoubleStream moved =
            result.samples().stream()
                .filter(EvasionResult.Sample::success)
                .mapToDouble(EvasionResult.Sample::distance);
        return String.format(
            Locale.ROOT,
            "%d\t%.4f",
            result.successRate().successes(),
            moved.average().orElse(Double.NaN));
      }
    };
  }
}
