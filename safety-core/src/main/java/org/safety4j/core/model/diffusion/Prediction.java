package org.safety4j.core.model.diffusion;

/** What a diffusion model's network answers. */
public enum Prediction {
  /** The noise in its input. */
  EPSILON,
  /**
   * The velocity: signal rate times noise, less noise rate times sample (Salimans and Ho, 2022).
   */
  V_PREDICTION,
  /** The sample without noise. */
  SAMPLE;

  /** Weights of input and answer in the estimate of the clean sample. */
  double[] clean(double signal, double noise) {
    return switch (this) {
      case EPSILON -> new double[] {1 / signal, -noise / signal};
      case V_PREDICTION -> new double[] {signal, -noise};
      case SAMPLE -> new double[] {0, 1};
    };
  }

  /** Weights of input and answer in the estimate of the noise. */
  double[] epsilon(double signal, double noise) {
    return switch (this) {
      case EPSILON -> new double[] {0, 1};
      case V_PREDICTION -> new double[] {noise, signal};
      case SAMPLE -> new double[] {1 / noise, -signal / noise};
    };
  }
}
