package org.safety4j.core.tensor;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Euclidean projections of a batch {@code [N, ...]} onto balls around centres, alone or met with
 * the box [0, 1]. The radius is one number or one a sample, {@code [N, 1, ...]}. The centre must
 * lie in the box where there is one.
 *
 * <p>The L1 projection is the exact one by sorting. Projections onto ball and box together are not
 * a clamp after a projection: the nearest common point is found on its one-parameter path by 60
 * bisections, which leaves it inside the ball and exact to float precision.
 */
public final class Projections {
  private Projections() {}

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(Projections.class, "projections.torch.py", Map.of());
  }

  private static NDArray call(String name, NDArray x, NDArray center, double radius) {
    try (NDArray r = x.getManager().create((float) radius)) {
      return Holder.PROGRAM.one(name, x, center, r);
    }
  }

  /**
   * Projects onto an Linf ball.
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]}
   * @param radius at least 0
   * @return the nearest points
   */
  public static NDArray linf(NDArray x, NDArray center, double radius) {
    return call("linf", x, center, radius);
  }

  /**
   * Projects onto an Linf ball and the box [0, 1].
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]} in [0, 1]
   * @param radius at least 0
   * @return the nearest points
   */
  public static NDArray linfBox(NDArray x, NDArray center, double radius) {
    return call("linf_box", x, center, radius);
  }

  /**
   * Projects onto an Linf ball and the box [0, 1].
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]} in [0, 1]
   * @param radius {@code [N, 1, ...]}
   * @return the nearest points
   */
  public static NDArray linfBox(NDArray x, NDArray center, NDArray radius) {
    return Holder.PROGRAM.one("linf_box", x, center, radius);
  }

  /**
   * Projects onto an L2 ball.
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]}
   * @param radius at least 0
   * @return the nearest points
   */
  public static NDArray l2(NDArray x, NDArray center, double radius) {
    return call("l2", x, center, radius);
  }

  /**
   * Projects onto an L2 ball and the box [0, 1].
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]} in [0, 1]
   * @param radius at least 0
   * @return the nearest points
   */
  public static NDArray l2Box(NDArray x, NDArray center, double radius) {
    return call("l2_box", x, center, radius);
  }

  /**
   * Projects onto an L2 ball and the box [0, 1].
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]} in [0, 1]
   * @param radius {@code [N, 1, ...]}
   * @return the nearest points
   */
  public static NDArray l2Box(NDArray x, NDArray center, NDArray radius) {
    return Holder.PROGRAM.one("l2_box", x, center, radius);
  }

  /**
   * Projects onto an L1 ball.
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]}
   * @param radius greater than 0
   * @return the nearest points
   */
  public static NDArray l1(NDArray x, NDArray center, double radius) {
    return call("l1", x, center, radius);
  }

  /**
   * Projects onto an L1 ball and the box [0, 1].
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]} in [0, 1]
   * @param radius greater than 0
   * @return the nearest points
   */
  public static NDArray l1Box(NDArray x, NDArray center, double radius) {
    return call("l1_box", x, center, radius);
  }

  /**
   * Projects onto an L1 ball and the box [0, 1].
   *
   * @param x {@code [N, ...]}
   * @param center {@code [N, ...]} in [0, 1]
   * @param radius {@code [N, 1, ...]}
   * @return the nearest points
   */
  public static NDArray l1Box(NDArray x, NDArray center, NDArray radius) {
    return Holder.PROGRAM.one("l1_box", x, center, radius);
  }

  /**
   * Undoes a change outside of a mask, bit for bit.
   *
   * @param x the changed array
   * @param original the array before
   * @param mask 1 where a change is allowed, 0 elsewhere, in a shape that broadcasts
   * @return {@code x} where the mask is not zero, {@code original} elsewhere
   */
  public static NDArray masked(NDArray x, NDArray original, NDArray mask) {
    try (NDArray allowed = mask.neq(0)) {
      return Ops.where(allowed, x, original);
    }
  }
}
