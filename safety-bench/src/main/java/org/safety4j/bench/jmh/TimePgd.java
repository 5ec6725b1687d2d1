package org.safety4j.bench.jmh;

import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * Times PGD on a model folder, for a comparison with another implementation on the same weights:
 * see docs/benchmarks/pgd_vs_torch.py. Arguments: folder, batch size, steps, repetitions. Prints
 * the median in milliseconds.
 */
public final class TimePgd {
  private TimePgd() {}

  /**
   * Runs the timing.
   *
   * @param args folder, batch size, steps, repetitions
   */
  public static void main(String[] args) {
    int batch = Integer.parseInt(args[1]);
    int steps = Integer.parseInt(args[2]);
    int repetitions = Integer.parseInt(args[3]);
    try (ImageClassifier.White model = Models.imageClassifier(Path.of(args[0]))) {
      Shape element = model.inputShape();
      Random random = new Random(0);
      float[] pixels = new float[Math.toIntExact(batch * element.size())];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = random.nextFloat();
      }
      int[] answers;
      try (LabeledImages noise =
          LabeledImages.of("noise", pixels, element, new int[batch], List.of())) {
        answers = model.labels(noise.images());
      }
      try (LabeledImages images = LabeledImages.of("noise", pixels, element, answers, List.of())) {
        Pgd pgd = Pgd.linf(8 / 255.0).withSteps(steps).withFinish(Finish.LAST_IMAGE);
        double[] millis = new double[repetitions];
        pgd.run(model, images, Run.seed(0)).close();
        for (int i = 0; i < repetitions; i++) {
          long start = System.nanoTime();
          pgd.run(model, images, Run.seed(i)).close();
          millis[i] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(millis);
        System.out.printf(Locale.ROOT, "%.2f%n", millis[repetitions / 2]);
      }
    }
  }
}
