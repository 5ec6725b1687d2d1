package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;

/** An image classifier whose weights can be trained. */
public interface TrainableClassifier extends ImageClassifier.White, Trainable {
  /**
   * Computes logits as part of the graph that the calling thread records.
   *
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @param training whether layers that differ in training do so: batch normalisation uses the
   *     batch's statistics and updates its running ones
   * @return logits {@code [N, K]}, with a graph back to images and parameters that ask for
   *     gradients
   */
  NDArray forward(NDArray images, boolean training);
}
