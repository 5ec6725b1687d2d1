package org.safety4j.core.attack;

import org.safety4j.core.error.Require;

/**
 * How one sample's best figure improved with the queries spent on it: the largest loss of an attack
 * that searches for any success, the smallest distance of one that minimises it. A right-continuous
 * step function. Immutable.
 *
 * <pre>{@code
 * long needed = result.traces().get(7).firstAtMost(0.5);   // queries until the distance was 0.5 or less
 * }</pre>
 */
public final class QueryTrace {
  private final long[] queries;
  private final double[] values;

  private QueryTrace(long[] queries, double[] values) {
    this.queries = queries;
    this.values = values;
  }

  /**
   * Makes a trace.
   *
   * @param queries queries spent at each improvement, rising
   * @param values the best figure from then on
   * @return the trace
   * @throws IllegalArgumentException if lengths differ or queries fall
   */
  public static QueryTrace of(long[] queries, double[] values) {
    Require.that(
        queries.length == values.length,
        "queries and values must be of one length, were "
            + queries.length
            + " and "
            + values.length);
    for (int i = 1; i < queries.length; i++) {
      Require.that(
          queries[i] >= queries[i - 1],
          "queries must not fall, went from " + queries[i - 1] + " to " + queries[i]);
    }
    return new QueryTrace(queries.clone(), values.clone());
  }

  /**
   * Returns how many improvements there were.
   *
   * @return at least 0
   */
  public int size() {
    return queries.length;
  }

  /**
   * Returns when the improvements came.
   *
   * @return queries spent at each of them
   */
  public long[] queries() {
    return queries.clone();
  }

  /**
   * Returns what they came to.
   *
   * @return the best figure from each of them on
   */
  public double[] values() {
    return values.clone();
  }

  /**
   * Reads the trace.
   *
   * @param spent queries spent
   * @return the best figure then; NaN before the first
   */
  public double after(long spent) {
    double value = Double.NaN;
    for (int i = 0; i < queries.length && queries[i] <= spent; i++) {
      value = values[i];
    }
    return value;
  }

  /**
   * Tells when a falling figure, such as a distance, first was at most a bound.
   *
   * @param bound the bound
   * @return queries spent until then; -1 if it never was
   */
  public long firstAtMost(double bound) {
    for (int i = 0; i < queries.length; i++) {
      if (values[i] <= bound) {
        return queries[i];
      }
    }
    return -1;
  }
}
