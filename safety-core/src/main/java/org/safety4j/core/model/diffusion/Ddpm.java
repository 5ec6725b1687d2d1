package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDManager;
import org.safety4j.core.error.Require;

/**
 * Ancestral sampling: every step adds fresh noise.
 *
 * <p><b>Source</b>: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020.
 *
 * @param steps number of steps, at least 1; 1000 in the paper
 * @param variance variance of the fresh noise
 * @param spacing which training steps are visited
 * @param offset added to every step with leading spacing, at least 0; usually 0
 * @param clip bound on estimates of the clean sample, greater than 0; {@link Sampler#NO_CLIP} for
 *     none, 1 for pixels
 */
public record Ddpm(int steps, Variance variance, Spacing spacing, int offset, double clip)
    implements Sampler {
  /** Variance of the fresh noise. */
  public enum Variance {
    /** That of the posterior given the clean sample: optimal for a known sample. */
    FIXED_SMALL,
    /** That of the forward step: optimal for standard normal data. */
    FIXED_LARGE
  }

  /**
   * Checks the ranges.
   *
   * @param steps number of steps, at least 1; 1000 in the paper
   * @param variance variance of the fresh noise
   * @param spacing which training steps are visited
   * @param offset added to every step with leading spacing, at least 0; usually 0
   * @param clip bound on estimates of the clean sample, greater than 0; {@link Sampler#NO_CLIP} for
   *     none, 1 for pixels
   */
  public Ddpm {
    Require.atLeast("steps", steps, 1);
    Require.atLeast("offset", offset, 0);
    Require.that(clip > 0, "clip must be greater than 0, was " + clip);
  }

  /**
   * Samples with small variance, leading spacing and no clipping.
   *
   * @param steps number of steps, at least 1
   * @return the sampler
   */
  public static Ddpm steps(int steps) {
    return new Ddpm(steps, Variance.FIXED_SMALL, Spacing.LEADING, 0, NO_CLIP);
  }

  @Override
  public Ddpm withSteps(int value) {
    return new Ddpm(value, variance, spacing, offset, clip);
  }

  /**
   * Changes the bound on estimates of the clean sample.
   *
   * @param value greater than 0
   * @return a copy
   */
  public Ddpm withClip(double value) {
    return new Ddpm(steps, variance, spacing, offset, value);
  }

  @Override
  public Trajectory start(NoiseSchedule schedule, NDManager parent) {
    int[] t = spacing.descending(schedule.steps(), steps, offset);
    AffineTrajectory.Step[] way = new AffineTrajectory.Step[steps];
    for (int i = 0; i < steps; i++) {
      double a = schedule.alphaCumprod(t[i]);
      double before = i + 1 < steps ? schedule.alphaCumprod(t[i + 1]) : 1;
      double[] x0 = schedule.prediction().clean(Math.sqrt(a), Math.sqrt(1 - a));
      double beta = 1 - a / before;
      way[i] =
          new AffineTrajectory.Step(
              x0[0],
              x0[1],
              Math.sqrt(before) * beta / (1 - a),
              Math.sqrt(a / before) * (1 - before) / (1 - a),
              0,
              t[i] == 0 ? 0 : Math.sqrt(variance(beta, before, a)));
    }
    return new AffineTrajectory(parent, t, way, clip);
  }

  private double variance(double beta, double before, double a) {
    return variance == Variance.FIXED_LARGE ? beta : Math.max((1 - before) / (1 - a) * beta, 1e-20);
  }
}
