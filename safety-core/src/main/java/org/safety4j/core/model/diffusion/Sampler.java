package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDManager;

/** How samples are drawn from a trained diffusion model. Configurations are values. */
public sealed interface Sampler permits Ddpm, Ddim, DdimInversion, DpmSolver {
  /** The value of a clip that clips nothing. */
  double NO_CLIP = Double.POSITIVE_INFINITY;

  /**
   * Returns the number of steps, each of which asks the network once.
   *
   * @return at least 1
   */
  int steps();

  /**
   * Changes the number of steps.
   *
   * @param value at least 1
   * @return a copy
   */
  Sampler withSteps(int value);

  /**
   * Computes the coefficients for a schedule.
   *
   * @param schedule the schedule that the network was trained with
   * @param parent names the device
   * @return the trajectory, to be closed by the caller
   * @throws IllegalArgumentException if the schedule has too few steps
   */
  Trajectory start(NoiseSchedule schedule, NDManager parent);
}
