package org.safety4j.core.text;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.safety4j.core.tensor.Rng;

/**
 * Chooses a row's next token from its scores. One chooser serves one row; its draws depend on seed
 * and row alone.
 *
 * <p><b>Source:</b> top-k: Fan, Lewis, Dauphin, Hierarchical Neural Story Generation, ACL 2018;
 * top-p: Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020; min-p: Nguyen et
 * al., Turning Up the Heat, ICLR 2025; repetition penalty: Keskar et al., CTRL, 2019.
 * <b>Deviations:</b> none; ties are broken by the smaller id.
 */
public final class TokenChooser {
  private final Decoding decoding;
  private final SplittableRandom random;

  /**
   * Makes a chooser.
   *
   * @param decoding how to choose
   * @param row the row of the batch
   */
  public TokenChooser(Decoding decoding, int row) {
    this.decoding = decoding;
    this.random = Rng.of(decoding.seed()).derive("decode").derive(row).sequence();
  }

  /**
   * Applies the repetition penalty in place.
   *
   * @param penalty the penalty
   * @param prompt the prompt's tokens
   * @param written the tokens written
   * @param count how many of them count
   * @param logits the scores
   */
  public static void penalise(
      double penalty, int[] prompt, int[] written, int count, float[] logits) {
    if (penalty == 1) {
      return;
    }
    java.util.BitSet seen = new java.util.BitSet(logits.length);
    for (int id : prompt) {
      seen.set(id);
    }
    for (int i = 0; i < count; i++) {
      seen.set(written[i]);
    }
    seen.stream()
        .forEach(
            id ->
                logits[id] =
                    (float) (logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty));
  }

  /**
   * Chooses.
   *
   * @param logits the scores, after processors and penalties; their content is destroyed
   * @return the token
   * @throws IllegalArgumentException if no score is finite
   */
  public int choose(float[] logits) {
    return decoding.samples() ? draw(logits) : best(logits);
  }

  /**
   * Finds the largest score.
   *
   * @param logits the scores
   * @return the smallest index that has it
   */
  public static int best(float[] logits) {
    int best = -1;
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] > Float.NEGATIVE_INFINITY && (best < 0 || logits[i] > logits[best])) {
        best = i;
      }
    }
    if (best < 0) {
      throw new IllegalArgumentException("no token can be chosen: every logit is -infinity or NaN");
    }
    return best;
  }

  private int draw(float[] logits) {
    double[] probabilities = probabilities(decoding, logits);
    double u = random.nextDouble();
    int last = -1;
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0) {
        last = i;
        u -= probabilities[i];
        if (u < 0) {
          return i;
        }
      }
    }
    return last;
  }

  /**
   * Computes the distribution that a token is drawn from.
   *
   * @param decoding temperature, top-k, top-p, min-p
   * @param logits the scores
   * @return probabilities that sum to 1; zero for what is not kept
   * @throws IllegalArgumentException if no score is finite
   */
  public static double[] probabilities(Decoding decoding, float[] logits) {
    double largest = logits[best(logits)];
    double[] p = new double[logits.length];
    double temperature = decoding.temperature();
    for (int i = 0; i < p.length; i++) {
      p[i] = Float.isNaN(logits[i]) ? 0 : Math.exp((logits[i] - largest) / temperature);
    }
    if (decoding.topK() > 0 && decoding.topK() < p.length) {
      double[] sorted = p.clone();
      Arrays.sort(sorted);
      double least = sorted[p.length - decoding.topK()];
      for (int i = 0; i < p.length; i++) {
        p[i] = p[i] < least ? 0 : p[i];
      }
    }
    normalise(p);
    if (decoding.topP() < 1) {
      nucleus(p, decoding.topP());
      normalise(p);
    }
    if (decoding.minP() > 0) {
      double least = decoding.minP() * Arrays.stream(p).max().orElse(0);
      for (int i = 0; i < p.length; i++) {
        p[i] = p[i] < least ? 0 : p[i];
      }
      normalise(p);
    }
    return p;
  }

  private static void normalise(double[] p) {
    double sum = 0;
    for (double x : p) {
      sum += x;
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
  }

  /** Zeroes the least probable tokens as long as all of them together stay at or below 1 - topP. */
  private static void nucleus(double[] p, double topP) {
    double surely = (1 - topP) / p.length;
    int[] order = new int[p.length];
    int n = 0;
    double dropped = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] <= surely) {
        dropped += p[i];
        p[i] = 0;
      } else {
        order[n++] = i;
      }
    }
    Integer[] ascending = new Integer[n];
    for (int i = 0; i < n; i++) {
      ascending[i] = order[i];
    }
    Arrays.sort(
        ascending, (a, b) -> p[a] != p[b] ? Double.compare(p[a], p[b]) : Integer.compare(b, a));
    for (int i = 0; i < n - 1; i++) {
      dropped += p[ascending[i]];
      if (dropped > 1 - topP) {
        return;
      }
      p[ascending[i]] = 0;
    }
  }
}
