package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.function.IntFunction;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * A noise schedule as tables on a device, for batches whose samples stand at different steps. Every
 * operation is part of the graph if one is recorded.
 *
 * <p>Safe for use by several threads.
 */
public final class ScheduleTables implements AutoCloseable {
  private final NDManager manager;
  private final NDArray rates;
  private final NDArray toClean;
  private final NDArray toNoise;
  private final NDArray toAnswer;

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(ScheduleTables.class, "schedule.torch.py", Map.of());
  }

  static TorchProgram program() {
    return Holder.PROGRAM;
  }

  private ScheduleTables(NDManager manager, NoiseSchedule schedule) {
    this.manager = manager;
    Prediction kind = schedule.prediction();
    this.rates = table(schedule, t -> new double[] {schedule.signalRate(t), schedule.noiseRate(t)});
    this.toClean = table(schedule, t -> kind.clean(schedule.signalRate(t), schedule.noiseRate(t)));
    this.toNoise =
        table(schedule, t -> kind.epsilon(schedule.signalRate(t), schedule.noiseRate(t)));
    this.toAnswer =
        table(
            schedule,
            t ->
                switch (kind) {
                  case EPSILON -> new double[] {0, 1};
                  case V_PREDICTION ->
                      new double[] {-schedule.noiseRate(t), schedule.signalRate(t)};
                  case SAMPLE -> new double[] {1, 0};
                });
  }

  /**
   * Uploads a schedule.
   *
   * @param schedule the schedule
   * @param parent names the device
   * @return the tables, to be closed by the caller; at the latest they go with the parent
   */
  public static ScheduleTables of(NoiseSchedule schedule, NDManager parent) {
    return new ScheduleTables(parent.newSubManager(), schedule);
  }

  private NDArray table(NoiseSchedule schedule, IntFunction<double[]> row) {
    float[] values = new float[2 * schedule.steps()];
    for (int t = 0; t < schedule.steps(); t++) {
      double[] pair = row.apply(t);
      values[2 * t] = (float) pair[0];
      values[2 * t + 1] = (float) pair[1];
    }
    try (Scope scope = Scope.open()) {
      return scope.keep(
          manager.create(values, new ai.djl.ndarray.types.Shape(schedule.steps(), 2)));
    }
  }

  /**
   * Adds noise to clean samples.
   *
   * @param clean {@code [N, ...]}
   * @param noise standard normal, same shape
   * @param timesteps int64 {@code [N]} or {@code [1]}, in [0, steps)
   * @return noisy samples, same shape
   */
  public NDArray addNoise(NDArray clean, NDArray noise, NDArray timesteps) {
    return program().one("mix", clean, noise, timesteps, rates);
  }

  /**
   * Turns the network's answers into estimates of the noise.
   *
   * @param noisy the network's input, {@code [N, ...]}
   * @param answer its answer, same shape
   * @param timesteps int64 {@code [N]} or {@code [1]}
   * @return the noise, same shape
   */
  public NDArray noise(NDArray noisy, NDArray answer, NDArray timesteps) {
    return program().one("mix", noisy, answer, timesteps, toNoise);
  }

  /**
   * Turns the network's answers into estimates of the clean samples.
   *
   * @param noisy the network's input, {@code [N, ...]}
   * @param answer its answer, same shape
   * @param timesteps int64 {@code [N]} or {@code [1]}
   * @return the clean samples, same shape
   */
  public NDArray clean(NDArray noisy, NDArray answer, NDArray timesteps) {
    return program().one("mix", noisy, answer, timesteps, toClean);
  }

  /**
   * Computes what the network should have answered: the target of its training.
   *
   * @param clean {@code [N, ...]}
   * @param noise what was added, same shape
   * @param timesteps int64 {@code [N]} or {@code [1]}
   * @return the right answer, same shape
   */
  public NDArray target(NDArray clean, NDArray noise, NDArray timesteps) {
    return program().one("mix", clean, noise, timesteps, toAnswer);
  }

  @Override
  public void close() {
    manager.close();
  }
}
