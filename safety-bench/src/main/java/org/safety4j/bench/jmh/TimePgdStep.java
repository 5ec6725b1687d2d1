package org.safety4j.bench.jmh;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.Locale;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.run.Run;

/**
 * Times a step of PGD and the bare pass to the images in turn, in one process, so that both meet
 * the same machine: a round is bare passes, a short run, a long run and bare passes again, and the
 * step is the difference of both runs. Argument: rounds, 12 by default. Prints the median ratio and
 * its quartiles.
 */
public final class TimePgdStep {
  private static final int SHORT = 5;
  private static final int LONG = 20;
  private static final int PASSES = 4;

  private TimePgdStep() {}

  /**
   * Runs the timing.
   *
   * @param args rounds
   */
  public static void main(String[] args) {
    int rounds = args.length == 0 ? 12 : Integer.parseInt(args[0]);
    double[] ratios = new double[rounds];
    double[] passes = new double[rounds];
    try (Vit model = VitTiny.model();
        LabeledImages images = VitTiny.images(model);
        NDArray cotangent = cotangent(model, images)) {
      attack(model, images, SHORT);
      for (int i = 0; i < rounds; i++) {
        double before = pass(model, images, cotangent);
        double few = attack(model, images, SHORT);
        double many = attack(model, images, LONG);
        passes[i] = (before + pass(model, images, cotangent)) / 2;
        ratios[i] = (many - few) / (LONG - SHORT) / passes[i];
      }
    }
    Arrays.sort(ratios);
    Arrays.sort(passes);
    System.out.printf(
        Locale.ROOT,
        "bare pass %.1f ms, step to pass %.3f, quartiles %.3f and %.3f of %d rounds%n",
        passes[rounds / 2],
        ratios[rounds / 2],
        ratios[rounds / 4],
        ratios[3 * rounds / 4],
        rounds);
  }

  private static NDArray cotangent(Vit model, LabeledImages images) {
    try (NDArray logits = model.logits(images.images())) {
      NDArray ones = logits.onesLike();
      ones.attach(images.manager());
      return ones;
    }
  }

  /** Milliseconds of a bare forward and backward pass. */
  private static double pass(Vit model, LabeledImages images, NDArray cotangent) {
    long start = System.nanoTime();
    for (int i = 0; i < PASSES; i++) {
      try (Linearized at = model.linearize(images.images())) {
        at.lastPullback(cotangent).close();
      }
    }
    return (System.nanoTime() - start) / 1e6 / PASSES;
  }

  /** Milliseconds of a run. */
  private static double attack(Vit model, LabeledImages images, int steps) {
    Pgd pgd = Pgd.linf(8 / 255.0).withSteps(steps).withFinish(Finish.LAST_IMAGE);
    long start = System.nanoTime();
    pgd.run(model, images, Run.seed(0)).close();
    return (System.nanoTime() - start) / 1e6;
  }
}
