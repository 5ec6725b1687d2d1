package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Pulls what belongs together closer than what does not: cross-entropy of a batch of pairs over
 * their similarities, from either side (InfoNCE).
 *
 * <p><b>Source</b>: van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive
 * Coding", 2018; Radford et al., "Learning Transferable Visual Models From Natural Language
 * Supervision", ICML 2021 (both sides); Yang et al., "Unified Contrastive Learning in
 * Image-Text-Label Space", CVPR 2022 (several matches). <b>Deviations</b>: none.
 */
public final class Contrastive {
  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(Contrastive.class, "contrastive.torch.py", Map.of());
  }

  private Contrastive() {}

  /**
   * Computes the mean cross-entropy of rows and columns against the diagonal, as part of the graph
   * if one is recorded.
   *
   * @param logits scaled similarities {@code [N, N]}; pair i stands at (i, i)
   * @return a scalar; the logarithm of N where nothing is told apart
   * @throws IllegalArgumentException if the logits are not square
   */
  public static NDArray symmetric(NDArray logits) {
    Shape shape = logits.getShape();
    Require.that(
        shape.dimension() == 2 && shape.get(0) == shape.get(1),
        "logits must be [N, N], were " + shape);
    return Holder.PROGRAM.one("symmetric", logits);
  }

  /**
   * Computes the mean cross-entropy of rows and columns where an image may match several texts of
   * the batch and the other way round: the target spreads evenly over what matches. Part of the
   * graph if one is recorded.
   *
   * @param logits scaled similarities {@code [N, M]}
   * @param matches float32 1 where a pair belongs together and 0 elsewhere, {@code [N, M]}; every
   *     row and every column has a 1
   * @return a scalar; {@link #symmetric} where the matches are the identity
   * @throws IllegalArgumentException if the shapes differ
   */
  public static NDArray matched(NDArray logits, NDArray matches) {
    Require.that(
        logits.getShape().dimension() == 2 && logits.getShape().equals(matches.getShape()),
        "logits and matches must be [N, M], were "
            + logits.getShape()
            + " and "
            + matches.getShape());
    return Holder.PROGRAM.one("matched", logits, matches);
  }
}
