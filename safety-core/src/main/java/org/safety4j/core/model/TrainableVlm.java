package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;

/** A vision-language model whose weights can be trained. */
public interface TrainableVlm extends VisionLanguageModel.White, Trainable {
  /**
   * Computes the log-probabilities of tokens to be learnt, as part of the graph that the calling
   * thread records.
   *
   * @param images all images in order, row after row, float32 {@code [M, C, H, W]} in [0, 1]; null
   *     for texts without images
   * @param rows the texts, image tokens included
   * @return {@code [N]}, one a token of {@link TokenRows#next()}, with a graph back to images and
   *     parameters that ask for gradients
   * @throws IllegalArgumentException if the rows are longer than the model's context, or have
   *     places for another number of images
   */
  NDArray learnt(NDArray images, TokenRows rows);
}
