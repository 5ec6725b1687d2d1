package org.safety4j.core.attack;

import org.safety4j.core.metric.Rate;
import org.safety4j.core.run.Provenance;

/**
 * What every attack gives: how often it succeeded, at what cost, and where the result comes from.
 */
public interface AttackResult extends AutoCloseable {
  /**
   * Returns the success rate with its denominator and interval.
   *
   * @return the rate
   */
  Rate successRate();

  /**
   * Returns where the result comes from.
   *
   * @return method, configuration, seed, data, libraries
   */
  Provenance provenance();

  /**
   * Returns the wall time.
   *
   * @return seconds
   */
  double seconds();

  /** Frees the result's arrays. */
  @Override
  void close();
}
