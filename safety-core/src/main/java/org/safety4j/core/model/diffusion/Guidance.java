package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * Classifier-free guidance in one batch: the first half without the text, the second half with it.
 * Part of the graph if one is recorded.
 *
 * <p><b>Source</b>: Ho and Salimans, "Classifier-Free Diffusion Guidance", NeurIPS workshop 2021.
 */
public final class Guidance implements AutoCloseable {
  private final NDArray scale;

  private Guidance(NDArray scale) {
    this.scale = scale;
  }

  /**
   * Uploads the weight.
   *
   * @param scale weight of the text, at least 0
   * @param manager names the device
   * @return the guidance, to be closed by the caller
   */
  public static Guidance of(double scale, NDManager manager) {
    try (Scope scope = Scope.open()) {
      return new Guidance(scope.keep(Ops.copy(manager.create((float) scale))));
    }
  }

  /**
   * Doubles a batch.
   *
   * @param batch {@code [N, ...]}
   * @return {@code [2N, ...]}
   */
  public NDArray twice(NDArray batch) {
    return batch.concat(batch, 0);
  }

  /**
   * Combines the answers of both halves.
   *
   * @param answers {@code [2N, ...]}
   * @return first half plus weight times what the second half adds, {@code [N, ...]}
   */
  public NDArray combine(NDArray answers) {
    return ScheduleTables.program().one("guide", answers, scale);
  }

  @Override
  public void close() {
    scale.close();
  }
}
