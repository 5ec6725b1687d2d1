package org.safety4j.datasets.zoo;

import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.train.BatchObjective;

/**
 * Cuts passes over the data into shorter epochs, so that a training of few long passes has a loss
 * and a checkpoint often enough. Every item comes once a pass, each pass in an order of its own.
 *
 * @param items number of items in the data, at least 1
 * @param length samples an epoch, in [1, items]
 * @param rng the orders
 */
record PartialEpochs(int items, int length, Rng rng) {
  PartialEpochs {
    Require.atLeast("items", items, 1);
    Require.inRange("length", length, 1, items);
  }

  private int[] order(long pass) {
    return rng.derive(pass).permutation(items);
  }

  /** An objective over samples of an epoch, from one over items. */
  BatchObjective over(BatchObjective objective) {
    return (samples, epoch, stepRng) -> {
      long first = (long) epoch * length / items;
      int[] order = order(first);
      int[] next = null;
      int[] chosen = new int[samples.length];
      for (int i = 0; i < chosen.length; i++) {
        long at = (long) epoch * length + samples[i] - first * items;
        if (at >= items && next == null) {
          next = order(first + 1);
        }
        chosen[i] = at < items ? order[(int) at] : next[(int) (at - items)];
      }
      return objective.loss(chosen, epoch, stepRng);
    };
  }
}
