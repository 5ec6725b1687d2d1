package org.safety4j.core.nn.lm;

import java.util.List;
import org.safety4j.core.error.Require;

/**
 * How rotary position embeddings turn queries and keys.
 *
 * <p><b>Source:</b> Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding,
 * Neurocomputing 2024; linear scaling: Chen et al., Extending Context Window of Large Language
 * Models via Positional Interpolation, 2023.
 *
 * @param theta base of the frequencies, greater than 0
 * @param scaling how frequencies are changed for longer texts
 * @param factor by how much; at least 1, ignored without scaling
 * @param lowFrequency wavelengths longer than {@code original / lowFrequency} are scaled fully; for
 *     {@link Scaling#LLAMA3} only
 * @param highFrequency wavelengths shorter than {@code original / highFrequency} are not scaled;
 *     for {@link Scaling#LLAMA3} only
 * @param original positions that the model was trained with before scaling; ignored without scaling
 * @param divisors one divisor a frequency, as some files carry them; empty for none
 */
public record Rope(
    double theta,
    Scaling scaling,
    double factor,
    double lowFrequency,
    double highFrequency,
    int original,
    List<Double> divisors) {
  /** How frequencies are changed for longer texts. */
  public enum Scaling {
    /** They stay as they are. */
    NONE,
    /** All are divided by the factor. */
    LINEAR,
    /** The base grows with the text once it is longer than the original. */
    DYNAMIC,
    /** Low ones are divided by the factor, high ones stay, those between are mixed. */
    LLAMA3
  }

  /**
   * Checks the ranges.
   *
   * @param theta base of the frequencies, greater than 0
   * @param scaling how frequencies are changed for longer texts
   * @param factor by how much; at least 1, ignored without scaling
   * @param lowFrequency wavelengths longer than {@code original / lowFrequency} are scaled fully;
   *     for {@link Scaling#LLAMA3} only
   * @param highFrequency wavelengths shorter than {@code original / highFrequency} are not scaled;
   *     for {@link Scaling#LLAMA3} only
   * @param original positions that the model was trained with before scaling; ignored without
   *     scaling
   * @param divisors one divisor a frequency, as some files carry them; empty for none
   * @throws IllegalArgumentException if a value is out of range
   */
  public Rope {
    Require.positive("theta", theta);
    Require.that(
        factor >= 1 && Double.isFinite(factor),
        "factor must be at least 1 and finite, was " + factor);
    Require.atLeast("original", original, 1);
    if (scaling == Scaling.LLAMA3) {
      Require.positive("lowFrequency", lowFrequency);
      Require.that(
          highFrequency > lowFrequency && Double.isFinite(highFrequency),
          "highFrequency must be greater than lowFrequency "
              + lowFrequency
              + ", was "
              + highFrequency);
    }
    divisors = List.copyOf(divisors);
    Require.that(
        divisors.stream().allMatch(d -> d > 0),
        "divisors must be greater than 0, were " + divisors);
  }

  /**
   * Rotates without scaling.
   *
   * @param theta base of the frequencies
   * @return the embedding
   */
  public static Rope plain(double theta) {
    return new Rope(theta, Scaling.NONE, 1, 1, 1, 1, List.of());
  }

  /**
   * Divides each frequency by a number.
   *
   * @param values one a frequency
   * @return a copy
   */
  public Rope withDivisors(List<Double> values) {
    return new Rope(theta, scaling, factor, lowFrequency, highFrequency, original, values);
  }

  /**
   * Radians that each pair turns by from one position to the next, in float32 as the reference
   * computes them.
   */
  float[] frequencies(int headWidth) {
    float[] frequencies = new float[headWidth / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = (float) (1.0 / Math.pow(theta, (float) (2 * i) / (float) headWidth));
      double divisor = divisors.isEmpty() ? 1 : divisors.get(i);
      frequencies[i] = (float) (scaled(plain) / divisor);
    }
    return frequencies;
  }

  private double scaled(double frequency) {
    if (scaling == Scaling.LINEAR) {
      return frequency / factor;
    }
    if (scaling != Scaling.LLAMA3) {
      return frequency;
    }
    double wavelength = 2 * Math.PI / frequency;
    if (wavelength > original / lowFrequency) {
      return frequency / factor;
    }
    if (wavelength < original / highFrequency) {
      return frequency;
    }
    double smooth = (original / wavelength - lowFrequency) / (highFrequency - lowFrequency);
    return (1 - smooth) * frequency / factor + smooth * frequency;
  }
}
