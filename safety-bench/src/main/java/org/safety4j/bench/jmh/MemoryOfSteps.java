package org.safety4j.bench.jmh;

import java.util.Locale;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.run.RunListener;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;

/**
 * Prints the memory of this process, in MB resident, while PGD makes many steps on one batch of
 * digits against {@code digits-vit}. Argument: number of steps, 1,000 by default. Linux only, where
 * the kernel tells.
 */
public final class MemoryOfSteps {
  private static final int LINES = 10;
  private static final int BATCH = 32;

  private MemoryOfSteps() {}

  /**
   * Runs the steps.
   *
   * @param args number of steps
   */
  public static void main(String[] args) {
    int steps = args.length == 0 ? 1_000 : Integer.parseInt(args[0]);
    int every = Math.max(1, steps / LINES);
    RunListener listener =
        (stage, step, of, value) -> {
          if (step == 1 || step % every == 0) {
            System.out.printf(Locale.ROOT, "%d\t%.0f%n", step, ProcessMemory.resident());
          }
        };
    try (ImageClassifier.White model = Zoo.digitsVit().open();
        LabeledImages images = Digits.test().first(BATCH).open()) {
      Pgd.linf(8 / 255.0)
          .withSteps(steps)
          .withFinish(Finish.LAST_IMAGE)
          .run(model, images, Run.seed(0).withListener(listener))
          .close();
    }
  }
}
