package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDArray;

/**
 * A sampler's way through a schedule, its coefficients on the device.
 *
 * <pre>{@code
 * try (Trajectory way = sampler.start(schedule, manager)) {
 *   Trajectory.State state = Trajectory.State.of(noise);
 *   for (int i = 0; i < way.size(); i++) {
 *     NDArray answer = network(state.latents(), way.timesteps(i));
 *     state = way.step(i, state, answer, way.isRandom(i) ? freshNoise(i) : null);
 *   }
 *   return state.latents();
 * }
 * }</pre>
 *
 * <p>Steps are part of the graph if one is recorded. A trajectory holds no state of a run, so one
 * may serve several at once.
 */
public interface Trajectory extends AutoCloseable {
  /**
   * Where a run stands.
   *
   * @param latents the samples, {@code [N, ...]}
   * @param history the last estimate of the clean samples, where the sampler looks back at it; null
   *     otherwise
   */
  record State(NDArray latents, NDArray history) {
    /**
     * Begins a run.
     *
     * @param latents the samples to begin with, {@code [N, ...]}
     * @return the state before the first step
     */
    public static State of(NDArray latents) {
      return new State(latents, null);
    }
  }

  /**
   * Returns the number of steps.
   *
   * @return at least 1
   */
  int size();

  /**
   * Returns the training step that the network is asked at.
   *
   * @param i step of this trajectory, in [0, size)
   * @return training step
   */
  int timestep(int i);

  /**
   * Returns the same on the device.
   *
   * @param i step of this trajectory, in [0, size)
   * @return int64 {@code [1]}, owned by this trajectory
   */
  NDArray timesteps(int i);

  /**
   * Tells whether a step adds fresh noise.
   *
   * @param i step of this trajectory, in [0, size)
   * @return true if {@link #step} wants noise there
   */
  boolean isRandom(int i);

  /**
   * Goes one step.
   *
   * @param i step of this trajectory, in [0, size), one after the other
   * @param state where the run stands
   * @param answer the network's answer at {@link #timesteps}, in the latents' shape
   * @param noise standard normal, in the latents' shape; ignored where {@link #isRandom} is false
   * @return where the run stands then
   * @throws IllegalArgumentException if noise is wanted and missing
   */
  State step(int i, State state, NDArray answer, NDArray noise);

  /** Frees the coefficients. */
  @Override
  void close();
}
