package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;

/** Vision transformers: image classifiers whose attention and tokens can be read and overridden. */
public final class VisionTransformer {
  private VisionTransformer() {}

  /**
   * What attacks and defenses may change inside a transformer. Everything is optional.
   *
   * @param blocks replaces the token state before a block, keyed by the block's number from 0;
   *     {@code [N, T, D]}
   * @param attention added to the attention logits of a block, keyed by its number; {@code [T, T]},
   *     {@code [H, T, T]} or {@code [N, H, T, T]}; a large negative number masks
   * @param attentionScale multiplies the attention weights after the softmax, keyed likewise, same
   *     shapes
   * @param detachAttention whether gradients treat attention weights as constants
   */
  public record Overrides(
      Map<Integer, NDArray> blocks,
      Map<Integer, NDArray> attention,
      Map<Integer, NDArray> attentionScale,
      boolean detachAttention) {
    /**
     * Changes nothing.
     *
     * @return empty overrides
     */
    public static Overrides none() {
      return new Overrides(Map.of(), Map.of(), Map.of(), false);
    }
  }

  /**
   * What a forward pass shows. Part of the graph if one is recorded.
   *
   * @param logits {@code [N, K]}
   * @param hidden token states {@code [N, T, D]}: the embedding, then every block's output, the
   *     last one before the final normalisation
   * @param attention weights {@code [N, H, T, T]} of every block, after the softmax
   */
  public record Trace(NDArray logits, NDList hidden, NDList attention) {}

  /** Full access. */
  public interface White extends ImageClassifier.White {
    /**
     * Runs the model and shows what happens inside.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param overrides what to change on the way
     * @return logits, token states and attention maps; owned by the caller
     * @throws IllegalArgumentException if an override has a wrong shape or names a block that is
     *     not there
     */
    Trace trace(NDArray images, Overrides overrides);

    /**
     * Returns the number of blocks.
     *
     * @return at least 1
     */
    int blocks();

    /**
     * Returns the number of attention heads.
     *
     * @return at least 1
     */
    int heads();

    /**
     * Returns the side of a square patch.
     *
     * @return pixels
     */
    int patchSize();
  }
}
