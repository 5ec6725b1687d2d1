package org.safety4j.core.tensor;

import org.safety4j.core.tensor.torch.TorchEngine;

/**
 * Whether the calling thread records a graph for gradients. The engine keeps this a thread, with
 * different starting values, so code that matters sets it explicitly.
 *
 * <pre>{@code
 * try (GradMode mode = GradMode.off()) {
 *   logits = model.logits(images);
 * }
 * }</pre>
 */
public final class GradMode implements AutoCloseable {
  private final boolean before;

  private GradMode(boolean recording) {
    this.before = TorchEngine.recordGradients(recording);
  }

  /**
   * Records from now on.
   *
   * @return restores the earlier mode when closed, by the same thread
   */
  public static GradMode on() {
    return new GradMode(true);
  }

  /**
   * Does not record from now on.
   *
   * @return restores the earlier mode when closed, by the same thread
   */
  public static GradMode off() {
    return new GradMode(false);
  }

  /** Restores the earlier mode. */
  @Override
  public void close() {
    TorchEngine.recordGradients(before);
  }
}
