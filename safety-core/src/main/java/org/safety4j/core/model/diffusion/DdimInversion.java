package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDManager;
import org.safety4j.core.error.Require;

/**
 * The deterministic sampler run backwards: from clean samples to noise. It assumes that the network
 * answers nearly the same at neighbouring steps, so sampling from its result returns nearly, not
 * exactly, the samples that it was given.
 *
 * <p><b>Source</b>: Song, Meng, Ermon, "Denoising Diffusion Implicit Models", ICLR 2021, section
 * 4.3; Dhariwal and Nichol, "Diffusion Models Beat GANs on Image Synthesis", NeurIPS 2021, appendix
 * F.
 *
 * @param steps number of steps, at least 1
 * @param spacing which training steps are visited; leading or trailing
 * @param offset added to every step with leading spacing, at least 0; 1 for Stable Diffusion
 * @param fromOne whether clean samples hold no noise at all, or that of the schedule's first step
 */
public record DdimInversion(int steps, Spacing spacing, int offset, boolean fromOne)
    implements Sampler {
  /**
   * Checks the ranges.
   *
   * @param steps number of steps, at least 1
   * @param spacing which training steps are visited; leading or trailing
   * @param offset added to every step with leading spacing, at least 0; 1 for Stable Diffusion
   * @param fromOne whether clean samples hold no noise at all, or that of the schedule's first step
   */
  public DdimInversion {
    Require.atLeast("steps", steps, 1);
    Require.atLeast("offset", offset, 0);
    Require.that(
        spacing != Spacing.LINSPACE, "spacing must be LEADING or TRAILING for an inversion");
  }

  @Override
  public DdimInversion withSteps(int value) {
    return new DdimInversion(value, spacing, offset, fromOne);
  }

  @Override
  public Trajectory start(NoiseSchedule schedule, NDManager parent) {
    int[] down = spacing.descending(schedule.steps(), steps, offset);
    int[] t = new int[steps];
    AffineTrajectory.Step[] way = new AffineTrajectory.Step[steps];
    for (int i = 0; i < steps; i++) {
      t[i] = down[steps - 1 - i];
      int from = t[i] - schedule.steps() / steps;
      double a = from >= 0 ? schedule.alphaCumprod(from) : Ddim.last(schedule, fromOne);
      way[i] = Ddim.step(schedule.prediction(), a, schedule.alphaCumprod(t[i]), 0);
    }
    return new AffineTrajectory(parent, t, way, NO_CLIP);
  }
}
