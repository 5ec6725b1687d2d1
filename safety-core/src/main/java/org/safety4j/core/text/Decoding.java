package org.safety4j.core.text;

import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;

/**
 * How a language model writes on.
 *
 * <pre>{@code
 * Decoding.greedy(64);
 * Decoding.sampling(128, 0.7).withTopP(0.9).withSeed(7).withStop("\n\n");
 * Decoding.beams(64, 4);
 * }</pre>
 *
 * <p>When sampling, scores pass the repetition penalty, the temperature, top-k, top-p and min-p, in
 * that order. Row i of a batch draws from {@code Rng.of(seed)} for row i alone, whatever else is in
 * the batch.
 *
 * @param maxNewTokens most tokens to write, at least 1
 * @param temperature divides the logits before sampling; 0 takes the most probable token (greedy,
 *     or beam search); in [0, 100]
 * @param topK keeps that many of the most probable tokens; 0 keeps all
 * @param topP keeps the fewest most probable tokens whose probabilities reach this sum; in (0, 1],
 *     1 keeps all
 * @param minP keeps tokens whose probability is at least this fraction of the largest; in [0, 1], 0
 *     keeps all
 * @param beams rows of a beam search; 1 for none; in [1, 64]; more than 1 only with temperature 0
 * @param lengthPenalty exponent of the length that a beam's log-probability is divided by; finite
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens that prompt or
 *     answer have; in (0, 100], 1 for none
 * @param stop texts that end the answer before them
 * @param stopAtEnd whether the model's own end tokens end the answer
 * @param seed the root of the randomness of sampling
 */
public record Decoding(
    int maxNewTokens,
    double temperature,
    int topK,
    double topP,
    double minP,
    int beams,
    double lengthPenalty,
    double repetitionPenalty,
    List<String> stop,
    boolean stopAtEnd,
    long seed) {
  /**
   * Checks the ranges.
   *
   * @param maxNewTokens most tokens to write, at least 1
   * @param temperature divides the logits before sampling; 0 takes the most probable token (greedy,
   *     or beam search); in [0, 100]
   * @param topK keeps that many of the most probable tokens; 0 keeps all
   * @param topP keeps the fewest most probable tokens whose probabilities reach this sum; in (0,
   *     1], 1 keeps all
   * @param minP keeps tokens whose probability is at least this fraction of the largest; in [0, 1],
   *     0 keeps all
   * @param beams rows of a beam search; 1 for none; in [1, 64]; more than 1 only with temperature 0
   * @param lengthPenalty exponent of the length that a beam's log-probability is divided by; finite
   * @param repetitionPenalty divides positive and multiplies negative logits of tokens that prompt
   *     or answer have; in (0, 100], 1 for none
   * @param stop texts that end the answer before them
   * @param stopAtEnd whether the model's own end tokens end the answer
   * @param seed the root of the randomness of sampling
   * @throws IllegalArgumentException if a value is out of range; the message names it
   */
  public Decoding {
    Require.atLeast("maxNewTokens", maxNewTokens, 1);
    Require.inRange("temperature", temperature, 0, 100);
    Require.atLeast("topK", topK, 0);
    Require.positive("topP", topP);
    Require.inRange("topP", topP, 0, 1);
    Require.inRange("minP", minP, 0, 1);
    Require.inRange("beams", beams, 1, 64);
    Require.that(
        Double.isFinite(lengthPenalty), "lengthPenalty must be finite, was " + lengthPenalty);
    Require.positive("repetitionPenalty", repetitionPenalty);
    Require.inRange("repetitionPenalty", repetitionPenalty, 0, 100);
    Require.that(
        beams == 1 || temperature == 0,
        "beams must be 1 when sampling (temperature " + temperature + "), was " + beams);
    stop = List.copyOf(stop);
    Require.that(stop.stream().noneMatch(String::isEmpty), "a stop text must not be empty");
  }

  /**
   * Takes the most probable token at each step.
   *
   * @param maxNewTokens most tokens to write
   * @return the decoding
   */
  public static Decoding greedy(int maxNewTokens) {
    return new Decoding(maxNewTokens, 0, 0, 1, 0, 1, 1, 1, List.of(), true, 0);
  }

  /**
   * Draws each token; seed 0.
   *
   * @param maxNewTokens most tokens to write
   * @param temperature divides the logits, greater than 0
   * @return the decoding
   */
  public static Decoding sampling(int maxNewTokens, double temperature) {
    Require.positive("temperature", temperature);
    return new Decoding(maxNewTokens, temperature, 0, 1, 0, 1, 1, 1, List.of(), true, 0);
  }

  /**
   * Searches for a probable answer with several beams.
   *
   * @param maxNewTokens most tokens to write
   * @param beams rows of the search
   * @return the decoding
   */
  public static Decoding beams(int maxNewTokens, int beams) {
    return new Decoding(maxNewTokens, 0, 0, 1, 0, beams, 1, 1, List.of(), true, 0);
  }

  /**
   * Changes the number of tokens.
   *
   * @param value at least 1
   * @return a copy
   */
  public Decoding withMaxNewTokens(int value) {
    return new Decoding(
        value,
        temperature,
        topK,
        topP,
        minP,
        beams,
        lengthPenalty,
        repetitionPenalty,
        stop,
        stopAtEnd,
        seed);
  }

  /**
   * Changes the temperature.
   *
   * @param value in [0, 100]
   * @return a copy
   */
  public Decoding withTemperature(double value) {
    return new Decoding(
        maxNewTokens,
        value,
        topK,
        topP,
        minP,
        beams,
        lengthPenalty,
        repetitionPenalty,
        stop,
        stopAtEnd,
        seed);
  }

  /**
   * Changes how many tokens are kept.
   *
   * @param value at least 0
   * @return a copy
   */
  public Decoding withTopK(int value) {
    return new Decoding(
        maxNewTokens,
        temperature,
        value,
        topP,
        minP,
        beams,
        lengthPenalty,
        repetitionPenalty,
        stop,
        stopAtEnd,
        seed);
  }

  /**
   * Changes the sum of probabilities that is kept.
   *
   * @param value in (0, 1]
   * @return a copy
   */
  public Decoding withTopP(double value) {
    return new Decoding(
        maxNewTokens,
        temperature,
        topK,
        value,
        minP,
        beams,
        lengthPenalty,
        repetitionPenalty,
        stop,
        stopAtEnd,
        seed);
  }

  /**
   * Changes the fraction of the largest probability that is kept.
   *
   * @param value in [0, 1]
   * @return a copy
   */
  public Decoding withMinP(double value) {
    return new Decoding(
        maxNewTokens,
        temperature,
        topK,
        topP,
        value,
        beams,
        lengthPenalty,
        repetitionPenalty,
        stop,
        stopAtEnd,
        seed);
  }

  /**
   * Changes the exponent of a beam's length.
   *
   * @param value finite
   * @return a copy
   */
  public Decoding withLengthPenalty(double value) {
    return new Decoding(
        maxNewTokens,
        temperature,
        topK,
        topP,
        minP,
        beams,
        value,
        repetitionPenalty,
        stop,
        stopAtEnd,
        seed);
  }

  /**
   * Changes the penalty of tokens that are there already.
   *
   * @param value in (0, 100]
   * @return a copy
   */
  public Decoding withRepetitionPenalty(double value) {
    return new Decoding(
        maxNewTokens,
        temperature,
        topK,
        topP,
        minP,
        beams,
        lengthPenalty,
        value,
        stop,
        stopAtEnd,
        seed);
  }

  /**
   * Changes the texts that end the answer.
   *
   * @param values the texts, none of them empty
   * @return a copy
   */
  public Decoding withStop(String... values) {
    return new Decoding(
        maxNewTokens,
        temperature,
        topK,
        topP,
        minP,
        beams,
        lengthPenalty,
        repetitionPenalty,
        List.of(values),
        stopAtEnd,
        seed);
  }

  /**
   * Writes on behind the model's own end tokens.
   *
   * @return a copy
   */
  public Decoding endless() {
    return new Decoding(
        maxNewTokens,
        temperature,
        topK,
        topP,
        minP,
        beams,
        lengthPenalty,
        repetitionPenalty,
        stop,
        false,
        seed);
  }

  /**
   * Changes the seed of sampling.
   *
   * @param value any number
   * @return a copy
   */
  public Decoding withSeed(long value) {
    return new Decoding(
        maxNewTokens,
        temperature,
        topK,
        topP,
        minP,
        beams,
        lengthPenalty,
        repetitionPenalty,
        stop,
        stopAtEnd,
        value);
  }

  /**
   * Takes the seed of sampling from a run's randomness.
   *
   * @param rng the generator of this purpose
   * @return a copy
   */
  public Decoding withRng(Rng rng) {
    return withSeed(rng.seed());
  }

  /**
   * Tells whether tokens are drawn.
   *
   * @return true if the temperature is greater than 0
   */
  public boolean samples() {
    return temperature > 0;
  }
}
