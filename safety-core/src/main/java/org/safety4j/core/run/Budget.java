package org.safety4j.core.run;

import java.time.Duration;
import org.safety4j.core.error.Require;

/**
 * How much a method may use. Queries and tokens are counted by {@code Access.restrict}, one a
 * sample, and nowhere else.
 *
 * @param queriesPerSample most model queries for one sample, at least 1; {@link Long#MAX_VALUE} for
 *     no limit
 * @param totalQueries most model queries altogether, at least 1; {@link Long#MAX_VALUE} for no
 *     limit
 * @param tokens most tokens in and out altogether, at least 1; {@link Long#MAX_VALUE} for no limit
 * @param time longest wall time, greater than zero
 */
public record Budget(long queriesPerSample, long totalQueries, long tokens, Duration time) {
  private static final Duration FOREVER = Duration.ofDays(36_500);

  /**
   * Checks the ranges.
   *
   * @param queriesPerSample most model queries for one sample, at least 1; {@link Long#MAX_VALUE}
   *     for no limit
   * @param totalQueries most model queries altogether, at least 1; {@link Long#MAX_VALUE} for no
   *     limit
   * @param tokens most tokens in and out altogether, at least 1; {@link Long#MAX_VALUE} for no
   *     limit
   * @param time longest wall time, greater than zero
   */
  public Budget {
    Require.that(
        queriesPerSample >= 1, "queriesPerSample must be at least 1, was " + queriesPerSample);
    Require.that(totalQueries >= 1, "totalQueries must be at least 1, was " + totalQueries);
    Require.that(tokens >= 1, "tokens must be at least 1, was " + tokens);
    Require.that(
        !time.isNegative() && !time.isZero(), "time must be greater than zero, was " + time);
  }

  /**
   * Allows everything.
   *
   * @return a budget without limits
   */
  public static Budget unlimited() {
    return new Budget(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, FOREVER);
  }

  /**
   * Limits the queries of each sample.
   *
   * @param perSample most queries for one sample, at least 1
   * @return a budget with that limit alone
   */
  public static Budget queries(long perSample) {
    return unlimited().withQueriesPerSample(perSample);
  }

  /**
   * Limits the tokens in and out.
   *
   * @param tokens most tokens altogether, at least 1
   * @return a budget with that limit alone
   */
  public static Budget tokens(long tokens) {
    return unlimited().withTokens(tokens);
  }

  /**
   * Limits the wall time.
   *
   * @param seconds greater than 0
   * @return a budget with that limit alone
   */
  public static Budget seconds(double seconds) {
    return unlimited().withSeconds(seconds);
  }

  /**
   * Changes the limit of queries for each sample.
   *
   * @param value at least 1
   * @return a copy
   */
  public Budget withQueriesPerSample(long value) {
    return new Budget(value, totalQueries, tokens, time);
  }

  /**
   * Changes the limit of queries altogether.
   *
   * @param value at least 1
   * @return a copy
   */
  public Budget withTotalQueries(long value) {
    return new Budget(queriesPerSample, value, tokens, time);
  }

  /**
   * Changes the limit of tokens.
   *
   * @param value at least 1
   * @return a copy
   */
  public Budget withTokens(long value) {
    return new Budget(queriesPerSample, totalQueries, value, time);
  }

  /**
   * Changes the limit of wall time.
   *
   * @param seconds greater than 0
   * @return a copy
   */
  public Budget withSeconds(double seconds) {
    Require.positive("seconds", seconds);
    return new Budget(
        queriesPerSample,
        totalQueries,
        tokens,
        Duration.ofNanos((long) Math.min(seconds * 1e9, 3e18)));
  }
}
