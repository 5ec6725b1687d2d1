package org.safety4j.core.model.diffusion;

import java.util.Arrays;
import org.safety4j.core.error.Require;

/**
 * How much signal and noise a sample holds at every training step, and what the network answers. A
 * noisy sample is {@code sqrt(alphaCumprod(t)) x + sqrt(1 - alphaCumprod(t)) noise}.
 *
 * <p><b>Source</b>: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020.
 *
 * <p>Immutable, pure Java and safe for use by several threads; {@link ScheduleTables} holds it on a
 * device.
 */
public final class NoiseSchedule {
  private static final int MOST_STEPS = 1_000_000;

  private final Prediction prediction;
  private final float[] betas;
  private final double[] alphasCumprod;

  private NoiseSchedule(Prediction prediction, float[] betas, double[] alphasCumprod) {
    this.prediction = prediction;
    this.betas = betas;
    this.alphasCumprod = alphasCumprod;
  }

  /**
   * Makes a schedule of a known form, for a network that predicts noise.
   *
   * @param betas the form
   * @param steps number of training steps, in [1, 1000000]
   * @param start first variance, in (0, 1); usually 0.0001
   * @param end last variance, in [start, 1); usually 0.02
   * @return the schedule
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static NoiseSchedule of(BetaSchedule betas, int steps, double start, double end) {
    Require.inRange("steps", steps, 1, MOST_STEPS);
    Require.that(
        start > 0 && start <= end && end < 1,
        "betas must be 0 < start <= end < 1, were " + start + " and " + end);
    return ofBetas(betas.betas(steps, start, end));
  }

  /**
   * Makes the schedule of Ho et al.: 1000 steps, linear from 0.0001 to 0.02.
   *
   * @return the schedule
   */
  public static NoiseSchedule ddpm() {
    return of(BetaSchedule.LINEAR, 1000, 0.0001, 0.02);
  }

  /**
   * Makes a schedule of given variances, for a network that predicts noise.
   *
   * @param betas one variance a step, each in [0, 1]
   * @return the schedule
   * @throws IllegalArgumentException if there are none or one is out of range
   */
  public static NoiseSchedule ofBetas(float[] betas) {
    Require.atLeast("betas.length", betas.length, 1);
    double[] products = new double[betas.length];
    double product = 1;
    for (int i = 0; i < betas.length; i++) {
      Require.inRange("betas[" + i + "]", betas[i], 0, 1);
      product *= 1f - betas[i];
      products[i] = (float) product;
    }
    return new NoiseSchedule(Prediction.EPSILON, betas.clone(), products);
  }

  /**
   * Changes what the network answers.
   *
   * @param value the kind of answer
   * @return a copy
   */
  public NoiseSchedule withPrediction(Prediction value) {
    return new NoiseSchedule(value, betas, alphasCumprod);
  }

  /**
   * Rescales so that the last step holds no signal at all (Lin et al., "Common Diffusion Noise
   * Schedules and Sample Steps are Flawed", WACV 2024). A network that predicts noise cannot be
   * sampled from there.
   *
   * @return a copy
   */
  public NoiseSchedule withZeroTerminalSnr() {
    double first = Math.sqrt(alphasCumprod[0]);
    double last = Math.sqrt(alphasCumprod[alphasCumprod.length - 1]);
    Require.that(first > last, "the schedule adds no noise after its first step");
    float[] rescaled = new float[betas.length];
    double before = 1;
    for (int i = 0; i < rescaled.length; i++) {
      double root = (Math.sqrt(alphasCumprod[i]) - last) * first / (first - last);
      rescaled[i] = (float) (1 - root * root / before);
      before = root * root;
    }
    return ofBetas(rescaled).withPrediction(prediction);
  }

  /**
   * Returns what the network answers.
   *
   * @return the kind of answer
   */
  public Prediction prediction() {
    return prediction;
  }

  /**
   * Returns the number of training steps.
   *
   * @return at least 1
   */
  public int steps() {
    return alphasCumprod.length;
  }

  /**
   * Returns the share of the signal in a noisy sample's variance.
   *
   * @param t training step, in [0, steps)
   * @return in [0, 1]
   */
  public double alphaCumprod(int t) {
    return alphasCumprod[t];
  }

  /**
   * Returns the variance that a step adds.
   *
   * @param t training step, in [0, steps)
   * @return in [0, 1]
   */
  public double beta(int t) {
    return betas[t];
  }

  /**
   * Returns the factor of the clean sample in a noisy one.
   *
   * @param t training step, in [0, steps)
   * @return in [0, 1]
   */
  public double signalRate(int t) {
    return Math.sqrt(alphasCumprod[t]);
  }

  /**
   * Returns the factor of the noise in a noisy sample.
   *
   * @param t training step, in [0, steps)
   * @return in [0, 1]
   */
  public double noiseRate(int t) {
    return Math.sqrt(1 - alphasCumprod[t]);
  }

  /**
   * Returns the ratio of noise to signal.
   *
   * @param t training step, in [0, steps)
   * @return at least 0, infinite where there is no signal
   */
  public double sigma(int t) {
    float a = (float) alphasCumprod[t];
    return (float) Math.sqrt((1f - a) / a);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NoiseSchedule s
        && s.prediction == prediction
        && Arrays.equals(s.betas, betas);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(betas) + prediction.hashCode();
  }

  @Override
  public String toString() {
    return "NoiseSchedule[" + steps() + " steps, " + prediction + "]";
  }
}
