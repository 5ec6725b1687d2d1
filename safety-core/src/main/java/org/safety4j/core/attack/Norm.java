package org.safety4j.core.attack;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.tensor.Ops;

/** How far an image was moved. */
public enum Norm {
  /** Number of entries that changed. */
  L0,
  /** Sum of absolute changes. */
  L1,
  /** Euclidean length. */
  L2,
  /** Largest absolute change. */
  LINF;

  /**
   * Measures each sample.
   *
   * @param delta {@code [N, ...]}
   * @return {@code [N]}
   */
  public NDArray of(NDArray delta) {
    return switch (this) {
      case L0 -> Ops.normL0(delta);
      case L1 -> Ops.normL1(delta);
      case L2 -> Ops.normL2(delta);
      case LINF -> Ops.normLinf(delta);
    };
  }
}
