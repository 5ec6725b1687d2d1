package org.safety4j.core.model.diffusion;

/** How the variance of the noise grows over the training steps. */
public enum BetaSchedule {
  /** Evenly spaced variances (Ho et al., 2020). */
  LINEAR {
    @Override
    float[] betas(int steps, double start, double end) {
      return linspace(start, end, steps);
    }
  },
  /** Evenly spaced standard deviations, as latent diffusion uses them (Rombach et al., 2022). */
  SCALED_LINEAR {
    @Override
    float[] betas(int steps, double start, double end) {
      float[] betas = linspace(Math.sqrt(start), Math.sqrt(end), steps);
      for (int i = 0; i < steps; i++) {
        betas[i] *= betas[i];
      }
      return betas;
    }
  },
  /**
   * A signal that falls like a squared cosine, no step above 0.999 (Nichol and Dhariwal, 2021).
   * Start and end do not matter.
   */
  SQUAREDCOS_CAP_V2 {
    @Override
    float[] betas(int steps, double start, double end) {
      float[] betas = new float[steps];
      for (int i = 0; i < steps; i++) {
        double before = signal((double) i / steps);
        double after = signal((i + 1.0) / steps);
        betas[i] = (float) Math.min(1 - after / before, 0.999);
      }
      return betas;
    }

    private double signal(double t) {
      double c = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
      return c * c;
    }
  };

  abstract float[] betas(int steps, double start, double end);

  /**
   * In single precision and from both ends, like the reference, so that tables agree to the bit.
   */
  private static float[] linspace(double start, double end, int n) {
    float first = (float) start;
    float last = (float) end;
    float step = n > 1 ? (last - first) / (n - 1) : 0;
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i < n / 2 || n == 1 ? first + step * i : last - step * (n - 1 - i);
    }
    return values;
  }
}
