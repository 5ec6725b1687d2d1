package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDManager;
import org.safety4j.core.error.Require;

/**
 * Deterministic sampling in few steps; with eta above 0, some fresh noise.
 *
 * <p><b>Source</b>: Song, Meng, Ermon, "Denoising Diffusion Implicit Models", ICLR 2021.
 *
 * @param steps number of steps, at least 1; 50 is usual
 * @param eta share of the ancestral sampler's noise, in [0, 1]; 0 is deterministic
 * @param spacing which training steps are visited
 * @param offset added to every step with leading spacing, at least 0; 1 for Stable Diffusion
 * @param toOne whether the last step ends without any noise, or at the schedule's first step
 * @param clip bound on estimates of the clean sample, greater than 0; {@link Sampler#NO_CLIP} for
 *     none, 1 for pixels
 */
public record Ddim(int steps, double eta, Spacing spacing, int offset, boolean toOne, double clip)
    implements Sampler {
  /**
   * Checks the ranges.
   *
   * @param steps number of steps, at least 1; 50 is usual
   * @param eta share of the ancestral sampler's noise, in [0, 1]; 0 is deterministic
   * @param spacing which training steps are visited
   * @param offset added to every step with leading spacing, at least 0; 1 for Stable Diffusion
   * @param toOne whether the last step ends without any noise, or at the schedule's first step
   * @param clip bound on estimates of the clean sample, greater than 0; {@link Sampler#NO_CLIP} for
   *     none, 1 for pixels
   */
  public Ddim {
    Require.atLeast("steps", steps, 1);
    Require.inRange("eta", eta, 0, 1);
    Require.atLeast("offset", offset, 0);
    Require.that(clip > 0, "clip must be greater than 0, was " + clip);
  }

  /**
   * Samples deterministically, leading spacing, to the end, without clipping.
   *
   * @param steps number of steps, at least 1
   * @return the sampler
   */
  public static Ddim steps(int steps) {
    return new Ddim(steps, 0, Spacing.LEADING, 0, true, NO_CLIP);
  }

  /**
   * Samples as Stable Diffusion is: like {@link #steps(int)}, one step later, and down to the
   * schedule's first step.
   *
   * @param steps number of steps, at least 1
   * @return the sampler
   */
  public static Ddim latent(int steps) {
    return new Ddim(steps, 0, Spacing.LEADING, 1, false, NO_CLIP);
  }

  @Override
  public Ddim withSteps(int value) {
    return new Ddim(value, eta, spacing, offset, toOne, clip);
  }

  /**
   * Changes the share of fresh noise.
   *
   * @param value in [0, 1]
   * @return a copy
   */
  public Ddim withEta(double value) {
    return new Ddim(steps, value, spacing, offset, toOne, clip);
  }

  /**
   * Changes the bound on estimates of the clean sample.
   *
   * @param value greater than 0
   * @return a copy
   */
  public Ddim withClip(double value) {
    return new Ddim(steps, eta, spacing, offset, toOne, value);
  }

  /**
   * Turns around: from clean samples to the noise that this sampler makes them of.
   *
   * @return the inversion, with the same steps
   * @throws IllegalArgumentException if this sampler adds noise, spaces its steps by linspace or
   *     clips
   */
  public DdimInversion inversion() {
    Require.that(eta == 0, "eta must be 0 for an inversion, was " + eta);
    Require.that(clip == NO_CLIP, "clip must be off for an inversion, was " + clip);
    return new DdimInversion(steps, spacing, offset, toOne);
  }

  @Override
  public Trajectory start(NoiseSchedule schedule, NDManager parent) {
    int[] t = spacing.descending(schedule.steps(), steps, offset);
    AffineTrajectory.Step[] way = new AffineTrajectory.Step[steps];
    for (int i = 0; i < steps; i++) {
      double a = schedule.alphaCumprod(t[i]);
      int next = t[i] - schedule.steps() / steps;
      double after = next >= 0 ? schedule.alphaCumprod(next) : last(schedule, toOne);
      double variance = (1 - after) / (1 - a) * (1 - a / after);
      way[i] = step(schedule.prediction(), a, after, eta * Math.sqrt(Math.max(variance, 0)));
    }
    return new AffineTrajectory(parent, t, way, clip);
  }

  static double last(NoiseSchedule schedule, boolean toOne) {
    return toOne ? 1 : schedule.alphaCumprod(0);
  }

  static AffineTrajectory.Step step(Prediction kind, double a, double after, double sigma) {
    double[] x0 = kind.clean(Math.sqrt(a), Math.sqrt(1 - a));
    double[] e = kind.epsilon(Math.sqrt(a), Math.sqrt(1 - a));
    double direction = Math.sqrt(Math.max(1 - after - sigma * sigma, 0));
    return new AffineTrajectory.Step(
        x0[0], x0[1], Math.sqrt(after), direction * e[0], direction * e[1], sigma);
  }
}
