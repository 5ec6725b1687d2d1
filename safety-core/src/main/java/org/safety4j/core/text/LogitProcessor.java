package org.safety4j.core.text;

/**
 * Changes a model's scores before the next token is chosen: watermarks, constraints, steered
 * decoding.
 *
 * <pre>{@code
 * LogitProcessor neverThree = (row, prompt, written, count, logits) -> logits[3] = Float.NEGATIVE_INFINITY;
 * }</pre>
 */
@FunctionalInterface
public interface LogitProcessor {
  /** Changes nothing. */
  LogitProcessor NONE = (row, prompt, written, count, logits) -> {};

  /**
   * Changes scores in place.
   *
   * @param row the row of the batch
   * @param prompt the prompt's tokens; not to be changed
   * @param written holds the tokens written so far; not to be changed
   * @param count how many of {@code written} count
   * @param logits one score a token of the vocabulary
   */
  void process(int row, int[] prompt, int[] written, int count, float[] logits);

  /**
   * Runs another processor after this one.
   *
   * @param next the other processor
   * @return both
   */
  default LogitProcessor and(LogitProcessor next) {
    return (row, prompt, written, count, logits) -> {
      process(row, prompt, written, count, logits);
      next.process(row, prompt, written, count, logits);
    };
  }
}
