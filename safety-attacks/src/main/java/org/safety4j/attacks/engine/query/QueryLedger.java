package org.safety4j.attacks.engine.query;

import org.safety4j.core.model.Access;
import org.safety4j.core.model.Model;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;

/**
 * Counts the queries spent on each sample and tells how many are left, for the sample and
 * altogether. On a model of {@link Access#restrict} the sum over samples equals the growth of
 * {@link Access#usage}. For one thread.
 */
public final class QueryLedger {
  private final long perSample;
  private final long[] spent;
  private long totalLeft;
  private String closedBecause;

  /**
   * Opens a ledger.
   *
   * @param samples number of samples
   * @param perSample most queries for one sample, at least 1
   * @param total most queries altogether, at least 0
   */
  public QueryLedger(int samples, long perSample, long total) {
    this.spent = new long[samples];
    this.perSample = perSample;
    this.totalLeft = total;
  }

  /**
   * Opens the ledger of a run: the smallest of what the model, the run and the method allow.
   *
   * @param model the model, restricted or not
   * @param run the run
   * @param samples number of samples
   * @param methodLimit most queries for one sample by the method's own configuration
   * @return the ledger
   */
  public static QueryLedger of(Model model, Run run, int samples, long methodLimit) {
    Budget allowed = Access.budget(model);
    long perSample =
        Math.min(
            methodLimit, Math.min(allowed.queriesPerSample(), run.budget().queriesPerSample()));
    long total = allowed.totalQueries();
    if (Access.isRestricted(model) && total != Long.MAX_VALUE) {
      total = Math.max(0, total - Access.usage(model).queries());
    }
    return new QueryLedger(samples, perSample, Math.min(total, run.budget().totalQueries()));
  }

  /**
   * Returns the limit of each sample.
   *
   * @return most queries for one sample
   */
  public long perSample() {
    return perSample;
  }

  /**
   * Tells how many queries a sample may still spend.
   *
   * @param sample the sample's number
   * @return at least 0
   */
  public long left(int sample) {
    return Math.min(perSample - spent[sample], totalLeft);
  }

  /**
   * Tells how many queries may still be spent altogether.
   *
   * @return at least 0
   */
  public long totalLeft() {
    return totalLeft;
  }

  /**
   * Tells what a sample has cost.
   *
   * @param sample the sample's number
   * @return its queries so far
   */
  public long spent(int sample) {
    return spent[sample];
  }

  /**
   * Tells what all samples have cost.
   *
   * @return queries so far
   */
  public long totalSpent() {
    long sum = 0;
    for (long s : spent) {
      sum += s;
    }
    return sum;
  }

  /**
   * Tells whether anything may still be asked.
   *
   * @return false once the total is used up or the ledger was closed
   */
  public boolean isOpen() {
    return totalLeft > 0;
  }

  /**
   * Tells why nothing may be asked any more.
   *
   * @return the reason of {@link #close}; null if the ledger was not closed
   */
  public String closedBecause() {
    return closedBecause;
  }

  /**
   * Allows no further query; the first reason stays.
   *
   * @param reason a sentence
   */
  public void close(String reason) {
    totalLeft = 0;
    if (closedBecause == null) {
      closedBecause = reason;
    }
  }

  /**
   * Spends one query on each of some rows' samples.
   *
   * @param samples the sample of each row
   * @param from the first row
   * @param to the row after the last
   * @throws IllegalStateException if a limit does not allow it; then nothing is spent
   */
  void charge(int[] samples, int from, int to) {
    for (int i = from; i < to; i++) {
      if (left(samples[i]) <= 0) {
        refund(samples, from, i);
        throw new IllegalStateException(
            "sample " + samples[i] + " has no query left after " + spent[samples[i]]);
      }
      spent[samples[i]]++;
      totalLeft--;
    }
  }

  /** Gives back what {@link #charge} took for rows that were not answered. */
  void refund(int[] samples, int from, int to) {
    for (int i = from; i < to; i++) {
      spent[samples[i]]--;
      totalLeft++;
    }
  }
}
