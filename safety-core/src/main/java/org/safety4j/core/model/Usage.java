package org.safety4j.core.model;

/**
 * What a restricted model was asked so far.
 *
 * @param queries samples asked, forwards and gradients alike
 * @param gradients samples of which a gradient was taken
 * @param tokens tokens in and out
 * @param seconds time spent inside the model
 */
public record Usage(long queries, long gradients, long tokens, double seconds) {
  /**
   * Subtracts an earlier reading.
   *
   * @param earlier what was used before
   * @return what was used since
   */
  public Usage since(Usage earlier) {
    return new Usage(
        queries - earlier.queries,
        gradients - earlier.gradients,
        tokens - earlier.tokens,
        seconds - earlier.seconds);
  }
}
