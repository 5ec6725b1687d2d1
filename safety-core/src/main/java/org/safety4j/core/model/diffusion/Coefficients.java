package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * Steps and one row of coefficients for each of them, uploaded once. Rows own their memory, since
 * graphs may outlive them.
 */
final class Coefficients implements AutoCloseable {
  private final NDManager manager;
  private final int[] steps;
  private final NDArray[] timesteps;
  private final NDArray[] rows;

  Coefficients(NDManager parent, int[] steps, double[][] coefficients) {
    this.manager = parent.newSubManager();
    this.steps = steps;
    this.timesteps = new NDArray[steps.length];
    this.rows = new NDArray[steps.length];
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      for (int i = 0; i < steps.length; i++) {
        timesteps[i] = scope.keep(manager.create(new long[] {steps[i]}), manager);
        float[] row = new float[coefficients[i].length];
        for (int k = 0; k < row.length; k++) {
          row[k] = (float) coefficients[i][k];
        }
        rows[i] = scope.keep(Ops.copy(manager.create(row)), manager);
      }
    }
  }

  int size() {
    return steps.length;
  }

  int timestep(int i) {
    return steps[i];
  }

  NDArray timesteps(int i) {
    return timesteps[i];
  }

  NDArray row(int i) {
    return rows[i];
  }

  @Override
  public void close() {
    manager.close();
  }
}
