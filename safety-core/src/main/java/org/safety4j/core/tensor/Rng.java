package org.safety4j.core.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;

/**
 * Seeded randomness, drawn in Java. A generator is named by a path of purposes and indices below
 * one root seed; a draw depends on that path alone, never on a thread, a batch or what was drawn
 * elsewhere.
 *
 * <pre>{@code
 * Rng rng = run.rng().derive("pgd-start").derive(restart);
 * NDArray noise = rng.uniform(manager, sampleIds, shape, -1, 1);   // row i depends on sampleIds[i] only
 * }</pre>
 *
 * <p>Immutable and safe for use by several threads. Every draw starts the path's sequence anew;
 * derive a child for a second, independent draw.
 */
public final class Rng {
  private final long state;

  private Rng(long state) {
    this.state = state;
  }

  /**
   * Makes a root.
   *
   * @param seed any number
   * @return the root generator of this seed
   */
  public static Rng of(long seed) {
    return new Rng(mix(seed ^ 0x5afe4a5afe4a5afeL));
  }

  /**
   * Derives the generator of a purpose.
   *
   * @param purpose a name, unique among its siblings
   * @return the child
   */
  public Rng derive(String purpose) {
    long hash = state;
    for (int i = 0; i < purpose.length(); i++) {
      hash = mix(hash ^ purpose.charAt(i));
    }
    return new Rng(mix(hash + purpose.length()));
  }

  /**
   * Derives the generator of an index.
   *
   * @param index a sample, step or restart number
   * @return the child
   */
  public Rng derive(long index) {
    return new Rng(mix(mix(state ^ 0x9e3779b97f4a7c15L) + index));
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long z) {
    long x = z + 0x9e3779b97f4a7c15L;
    x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }

  /**
   * Opens this path's sequence, for draws that are not arrays.
   *
   * @return a generator at the start of the sequence, for one thread
   */
  public SplittableRandom sequence() {
    return new SplittableRandom(state);
  }

  /**
   * Draws a seed for a library that wants one.
   *
   * @return the first long of this path's sequence
   */
  public long seed() {
    return sequence().nextLong();
  }

  /**
   * Draws a permutation.
   *
   * @param n how many
   * @return 0 to n-1 in random order
   */
  public int[] permutation(int n) {
    SplittableRandom random = sequence();
    int[] p = new int[n];
    for (int i = 0; i < n; i++) {
      int j = random.nextInt(i + 1);
      p[i] = p[j];
      p[j] = i;
    }
    return p;
  }

  private interface Fill {
    void fill(SplittableRandom random, float[] into, int from, int count);
  }

  private NDArray perSample(NDManager manager, int[] samples, Shape element, Fill fill) {
    int size = Math.toIntExact(element.size());
    float[] values = new float[Math.multiplyExact(samples.length, size)];
    for (int i = 0; i < samples.length; i++) {
      fill.fill(derive(samples[i]).sequence(), values, i * size, size);
    }
    return manager.create(values, new Shape(samples.length).addAll(element));
  }

  private NDArray whole(NDManager manager, Shape shape, Fill fill) {
    float[] values = new float[Math.toIntExact(shape.size())];
    fill.fill(sequence(), values, 0, values.length);
    return manager.create(values, shape);
  }

  private static Fill uniform(double low, double high) {
    float lo = (float) low;
    float width = (float) (high - low);
    return (random, into, from, count) -> {
      for (int i = from; i < from + count; i++) {
        into[i] = lo + width * (float) random.nextDouble();
      }
    };
  }

  private static void normal(SplittableRandom random, float[] into, int from, int count) {
    for (int i = from; i < from + count; i++) {
      into[i] = (float) random.nextGaussian();
    }
  }

  private static void signs(SplittableRandom random, float[] into, int from, int count) {
    long bits = 0;
    for (int i = 0; i < count; i++) {
      if ((i & 63) == 0) {
        bits = random.nextLong();
      }
      into[from + i] = (bits & 1) == 0 ? -1f : 1f;
      bits >>>= 1;
    }
  }

  /**
   * Draws uniform numbers, row by row.
   *
   * @param manager where the result hangs
   * @param samples the sample of each row
   * @param element the shape of a row
   * @param low lower bound
   * @param high upper bound
   * @return float32 {@code [samples.length, element]}
   */
  public NDArray uniform(NDManager manager, int[] samples, Shape element, double low, double high) {
    return perSample(manager, samples, element, uniform(low, high));
  }

  /**
   * Draws standard normal numbers, row by row.
   *
   * @param manager where the result hangs
   * @param samples the sample of each row
   * @param element the shape of a row
   * @return float32 {@code [samples.length, element]}
   */
  public NDArray normal(NDManager manager, int[] samples, Shape element) {
    return perSample(manager, samples, element, Rng::normal);
  }

  /**
   * Draws signs, row by row.
   *
   * @param manager where the result hangs
   * @param samples the sample of each row
   * @param element the shape of a row
   * @return float32 -1 or 1, {@code [samples.length, element]}
   */
  public NDArray signs(NDManager manager, int[] samples, Shape element) {
    return perSample(manager, samples, element, Rng::signs);
  }

  /**
   * Draws uniform numbers.
   *
   * @param manager where the result hangs
   * @param shape the shape
   * @param low lower bound
   * @param high upper bound
   * @return float32
   */
  public NDArray uniform(NDManager manager, Shape shape, double low, double high) {
    return whole(manager, shape, uniform(low, high));
  }

  /**
   * Draws standard normal numbers.
   *
   * @param manager where the result hangs
   * @param shape the shape
   * @return float32
   */
  public NDArray normal(NDManager manager, Shape shape) {
    return whole(manager, shape, Rng::normal);
  }

  /**
   * Draws signs.
   *
   * @param manager where the result hangs
   * @param shape the shape
   * @return float32, -1 or 1
   */
  public NDArray signs(NDManager manager, Shape shape) {
    return whole(manager, shape, Rng::signs);
  }
}
