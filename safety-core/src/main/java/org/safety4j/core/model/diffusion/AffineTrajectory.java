package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.safety4j.core.error.Require;

/**
 * Steps that are linear in sample, answer and noise; with clipping, linear in the clipped estimate
 * of the clean sample as well.
 */
final class AffineTrajectory implements Trajectory {
  /**
   * One step: {@code clean * clip(x0) + sample * x + answer * y + noise * z}, where {@code x0 =
   * cleanSample * x + cleanAnswer * y}.
   */
  record Step(
      double cleanSample,
      double cleanAnswer,
      double clean,
      double sample,
      double answer,
      double noise) {}

  private final Coefficients table;
  private final boolean[] random;
  private final boolean clipped;

  AffineTrajectory(NDManager parent, int[] timesteps, Step[] steps, double clip) {
    this.clipped = clip < Double.POSITIVE_INFINITY;
    this.random = new boolean[steps.length];
    double[][] rows = new double[steps.length][];
    for (int i = 0; i < steps.length; i++) {
      Step s = steps[i];
      Require.that(
          Double.isFinite(s.cleanSample) && Double.isFinite(s.cleanAnswer),
          "the schedule holds no signal at step "
              + timesteps[i]
              + ", so a network that predicts noise cannot be sampled from there");
      random[i] = s.noise != 0;
      rows[i] =
          clipped
              ? new double[] {
                s.sample, s.answer, s.noise, s.cleanSample, s.cleanAnswer, clip, s.clean
              }
              : new double[] {
                s.sample + s.clean * s.cleanSample, s.answer + s.clean * s.cleanAnswer, s.noise
              };
    }
    this.table = new Coefficients(parent, timesteps, rows);
  }

  @Override
  public int size() {
    return table.size();
  }

  @Override
  public int timestep(int i) {
    return table.timestep(i);
  }

  @Override
  public NDArray timesteps(int i) {
    return table.timesteps(i);
  }

  @Override
  public boolean isRandom(int i) {
    return random[i];
  }

  @Override
  public State step(int i, State state, NDArray answer, NDArray noise) {
    String method = clipped ? "clipped" : "affine";
    if (!random[i]) {
      return State.of(ScheduleTables.program().one(method, state.latents(), answer, table.row(i)));
    }
    Require.that(noise != null, "step " + i + " of this sampler wants noise");
    return State.of(
        ScheduleTables.program()
            .one(method + "_random", state.latents(), answer, noise, table.row(i)));
  }

  @Override
  public void close() {
    table.close();
  }
}
