package org.safety4j.defenses.engine.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/** Losses of adversarial training, differentiable, one value a sample. */
public final class RobustLosses {
  private RobustLosses() {}

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(RobustLosses.class, "losses.torch.py", Map.of());
  }

  /**
   * Cross-entropy.
   *
   * @param logits {@code [N, K]}
   * @param labels int64 {@code [N]}
   * @return {@code [N]}
   */
  public static NDArray crossEntropy(NDArray logits, NDArray labels) {
    return Holder.PROGRAM.one("cross_entropy", logits, labels);
  }

  /**
   * Kullback-Leibler divergence of the adversarial distribution from the clean one.
   *
   * @param clean logits {@code [N, K]}
   * @param adversarial logits {@code [N, K]}
   * @return {@code [N]}
   */
  public static NDArray divergence(NDArray clean, NDArray adversarial) {
    return Holder.PROGRAM.one("divergence", clean, adversarial);
  }

  /**
   * Cross-entropy with a margin term: {@code -log p_y - log(1 - max p_k)}, k not y.
   *
   * @param logits {@code [N, K]}
   * @param labels int64 {@code [N]}
   * @return {@code [N]}
   */
  public static NDArray boostedCrossEntropy(NDArray logits, NDArray labels) {
    return Holder.PROGRAM.one("boosted_cross_entropy", logits, labels);
  }

  /**
   * The label's probability.
   *
   * @param logits {@code [N, K]}
   * @param labels int64 {@code [N]}
   * @return {@code [N]}
   */
  public static NDArray probability(NDArray logits, NDArray labels) {
    return Holder.PROGRAM.one("probability", logits, labels);
  }

  /** A scalar of a given value whose gradient for the parameters was computed elsewhere. */
  static NDArray withGradient(NDArray value, List<NDArray> parameters, List<NDArray> gradients) {
    return Holder.PROGRAM.one("with_gradient", value, parameters, gradients);
  }
}
