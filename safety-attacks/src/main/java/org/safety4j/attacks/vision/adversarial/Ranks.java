package org.safety4j.attacks.vision.adversarial;

import java.util.stream.IntStream;
import org.safety4j.attacks.engine.perturb.Attempt;

/** Orders wrong classes by what the model thinks of the originals. */
final class Ranks {
  private Ranks() {}

  /**
   * Asks for the originals' scores.
   *
   * @return for each rank, the class of each sample of the attempt, by its number; 0 for samples
   *     that were not asked about
   */
  static int[][] wrongClasses(Attempt attempt, int[] samples, int most) {
    int[] paying = IntStream.of(samples).filter(s -> attempt.affords(s, 1)).toArray();
    float[][] scores = attempt.scoresOf(paying);
    int ranks = Math.min(most, attempt.model().classes() - 1);
    int[][] classes = new int[ranks][attempt.size()];
    for (int i = 0; i < paying.length; i++) {
      int[] ordered = order(scores[i], attempt.labelOf(paying[i]));
      for (int r = 0; r < ranks; r++) {
        classes[r][paying[i]] = ordered[r];
      }
    }
    return classes;
  }

  private static int[] order(float[] scores, int label) {
    return IntStream.range(0, scores.length)
        .filter(k -> k != label)
        .boxed()
        .sorted((a, b) -> Float.compare(scores[b], scores[a]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
