package org.safety4j.core.model.diffusion;

import org.safety4j.core.error.Require;

/**
 * How a diffusion model is asked for samples.
 *
 * @param sampler the sampler and its steps
 * @param guidance weight of the text against the negative text, at least 0; 1 asks for the text
 *     alone and costs half; 7.5 is usual for Stable Diffusion (Ho and Salimans, "Classifier-Free
 *     Diffusion Guidance", 2022)
 * @param negative what guidance moves away from, usually empty
 */
public record Sampling(Sampler sampler, double guidance, String negative) {
  /**
   * Checks the ranges.
   *
   * @param sampler the sampler and its steps
   * @param guidance weight of the text against the negative text, at least 0; 1 asks for the text
   *     alone and costs half; 7.5 is usual for Stable Diffusion (Ho and Salimans, "Classifier-Free
   *     Diffusion Guidance", 2022)
   * @param negative what guidance moves away from, usually empty
   * @throws IllegalArgumentException if guidance is negative or not finite
   */
  public Sampling {
    Require.inRange("guidance", guidance, 0, 1e6);
    Require.that(negative != null, "negative must not be null; use an empty text");
  }

  /**
   * Samples without guidance.
   *
   * @param sampler the sampler
   * @return guidance 1
   */
  public static Sampling of(Sampler sampler) {
    return new Sampling(sampler, 1, "");
  }

  /**
   * Changes the sampler.
   *
   * @param value the sampler
   * @return a copy
   */
  public Sampling withSampler(Sampler value) {
    return new Sampling(value, guidance, negative);
  }

  /**
   * Changes the number of steps.
   *
   * @param value at least 1
   * @return a copy
   */
  public Sampling withSteps(int value) {
    return new Sampling(sampler.withSteps(value), guidance, negative);
  }

  /**
   * Changes the weight of the text.
   *
   * @param value at least 0
   * @return a copy
   */
  public Sampling withGuidance(double value) {
    return new Sampling(sampler, value, negative);
  }

  /**
   * Changes what guidance moves away from.
   *
   * @param value a text
   * @return a copy
   */
  public Sampling withNegative(String value) {
    return new Sampling(sampler, guidance, value);
  }
}
