package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.tensor.Rng;

/** What a training step minimises. It holds the data; the loop tells it which samples come next. */
@FunctionalInterface
public interface BatchObjective {
  /**
   * Computes the loss of a batch, recorded as a graph back to the parameters.
   *
   * @param samples the samples' numbers
   * @param epoch passes done before, from 0
   * @param rng randomness of this step alone; derive a child for every purpose
   * @return a scalar, the batch's mean loss
   */
  NDArray loss(int[] samples, int epoch, Rng rng);
}
