package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Mixed batches: an objective over several data sets with losses of their own, each with a fixed
 * share of an epoch. A batch's loss is the mean over its samples, whichever set they are from.
 *
 * <pre>{@code
 * Mixture mixture = Mixture.of(10_000, new Mixture.Part(chats.size(), answering, 0.9),
 *     new Mixture.Part(refusals.size(), refusing, 0.1));
 * TrainingLoop.run(lm, mixture.size(), mixture, options, Run.seed(0));
 * }</pre>
 */
public final class Mixture implements BatchObjective {
  /**
   * One data set.
   *
   * @param samples its size, at least 1
   * @param objective its loss
   * @param share its weight among all parts, greater than 0
   */
  public record Part(int samples, BatchObjective objective, double share) {
    /**
     * Checks the ranges.
     *
     * @param samples its size, at least 1
     * @param objective its loss
     * @param share its weight among all parts, greater than 0
     * @throws IllegalArgumentException if a value is out of range
     */
    public Part {
      Require.atLeast("samples", samples, 1);
      Require.positive("share", share);
    }
  }

  private final List<Part> parts;

  /** Where each part's places in an epoch start; one more than there are parts. */
  private final int[] starts;

  private Mixture(List<Part> parts, int[] starts) {
    this.parts = parts;
    this.starts = starts;
  }

  /**
   * Mixes data sets.
   *
   * @param size samples an epoch, at least one for each part; a set that is smaller than its share
   *     comes round several times an epoch, a larger one goes on in the next
   * @param parts the data sets, at least 1
   * @return the mixture
   * @throws IllegalArgumentException if an epoch is too short to hold every part
   */
  public static Mixture of(int size, Part... parts) {
    Require.atLeast("parts", parts.length, 1);
    double total = Arrays.stream(parts).mapToDouble(Part::share).sum();
    int[] starts = new int[parts.length + 1];
    double share = 0;
    for (int k = 0; k < parts.length; k++) {
      share += parts[k].share();
      starts[k + 1] = k + 1 == parts.length ? size : (int) Math.round(size * share / total);
      Require.that(
          starts[k + 1] > starts[k],
          "size " + size + " leaves no sample for part " + k + " with share " + parts[k].share());
    }
    return new Mixture(List.of(parts), starts);
  }

  /**
   * Returns how many samples an epoch has.
   *
   * @return the number to tell the loop
   */
  public int size() {
    return starts[parts.size()];
  }

  @Override
  public NDArray loss(int[] samples, int epoch, Rng rng) {
    try (Scope scope = Scope.open()) {
      NDArray total = null;
      for (int k = 0; k < parts.size(); k++) {
        int[] own = own(k, samples, epoch);
        if (own.length > 0) {
          NDArray weighted =
              parts
                  .get(k)
                  .objective()
                  .loss(own, epoch, rng.derive(k))
                  .mul((float) own.length / samples.length);
          total = total == null ? weighted : total.add(weighted);
        }
      }
      return scope.keep(total);
    }
  }

  /** Which samples of a part stand in a batch. */
  private int[] own(int k, int[] samples, int epoch) {
    int size = starts[k + 1] - starts[k];
    return IntStream.of(samples)
        .filter(s -> s >= starts[k] && s < starts[k + 1])
        .map(s -> (int) (((long) epoch * size + s - starts[k]) % parts.get(k).samples()))
        .toArray();
  }
}
