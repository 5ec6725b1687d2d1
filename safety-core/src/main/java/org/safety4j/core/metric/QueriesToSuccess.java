package org.safety4j.core.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.safety4j.core.error.Require;

/**
 * How many samples an attack had won after a given number of queries to the model. Samples that it
 * never won stay in the denominator, so curves of different attacks compare. Immutable.
 */
public final class QueriesToSuccess {
  private final long[] successes;
  private final int samples;
  private final String denominator;

  private QueriesToSuccess(long[] successes, int samples, String denominator) {
    this.successes = successes;
    this.samples = samples;
    this.denominator = denominator;
  }

  /**
   * A corner of the curve.
   *
   * @param queries the number of queries a sample
   * @param share the share of samples won with at most so many queries
   */
  public record Point(long queries, double share) {}

  /**
   * A curve from one attack's samples.
   *
   * @param queries queries spent on each sample, at least 0
   * @param won whether the attack won the sample
   * @param denominator what the samples are, in the plural
   * @return the curve
   * @throws IllegalArgumentException if lengths differ or a count is negative
   */
  public static QueriesToSuccess of(long[] queries, boolean[] won, String denominator) {
    Require.that(
        queries.length == won.length,
        "queries and won must be of one length, were " + queries.length + " and " + won.length);
    long[] successes = new long[queries.length];
    int count = 0;
    for (int i = 0; i < queries.length; i++) {
      Require.that(queries[i] >= 0, "queries[" + i + "] must be at least 0, was " + queries[i]);
      if (won[i]) {
        successes[count++] = queries[i];
      }
    }
    long[] ascending = Arrays.copyOf(successes, count);
    Arrays.sort(ascending);
    return new QueriesToSuccess(ascending, queries.length, denominator);
  }

  /**
   * The rate of samples won with at most a number of queries.
   *
   * @param queries the number of queries a sample
   * @return the rate, over all samples
   */
  public Rate within(long queries) {
    int won = 0;
    while (won < successes.length && successes[won] <= queries) {
      won++;
    }
    return Rate.of(won, samples, denominator);
  }

  /**
   * The median number of queries of the samples won.
   *
   * @return the median; NaN if none was won
   */
  public double medianOfSuccesses() {
    int n = successes.length;
    if (n == 0) {
      return Double.NaN;
    }
    return (successes[(n - 1) / 2] + successes[n / 2]) / 2.0;
  }

  /**
   * The curve's corners by rising query count: it is a right-continuous step function that starts
   * at 0.
   *
   * @return one point for each distinct number of queries at which a sample was won
   */
  public List<Point> points() {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < successes.length; i++) {
      if (i + 1 == successes.length || successes[i + 1] != successes[i]) {
        points.add(new Point(successes[i], (i + 1.0) / samples));
      }
    }
    return List.copyOf(points);
  }
}
