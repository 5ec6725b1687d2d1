package org.safety4j.defenses.engine.smooth;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/** Counts a classifier's answers under Gaussian noise. */
final class Votes {
  private Votes() {}

  /**
   * Classifies noisy copies. The noise of a copy depends on the generator, the image's number and
   * the copy's number only.
   *
   * @return votes {@code [N][K]}; rejections count for nobody
   */
  static long[][] count(
      ImageClassifier.Black model,
      NDArray images,
      int copies,
      double sigma,
      int batchSize,
      Rng rng,
      Run run) {
    Shape element = Tensors.elementShape(images);
    int n = Math.toIntExact(images.getShape().get(0));
    long[][] votes = new long[n][model.classes()];
    long rows = (long) n * copies;
    for (long from = 0; from < rows; from += batchSize) {
      run.check();
      int size = (int) Math.min(batchSize, rows - from);
      try (Scope scope = Scope.open()) {
        int[] image = new int[size];
        NDList noise = new NDList();
        for (int start = 0; start < size; ) {
          int i = (int) ((from + start) / copies);
          int copy = (int) ((from + start) % copies);
          int[] wanted = new int[Math.min(size - start, copies - copy)];
          for (int j = 0; j < wanted.length; j++) {
            wanted[j] = copy + j;
            image[start + j] = i;
          }
          noise.add(rng.derive(i).normal(images.getManager(), wanted, element));
          start += wanted.length;
        }
        NDArray all = NDArrays.concat(noise, 0);
        int[] answers = model.labels(Ops.rows(images, image).addi(all.muli(sigma)));
        for (int row = 0; row < size; row++) {
          if (answers[row] != ImageClassifier.Black.REJECTED) {
            votes[image[row]][answers[row]]++;
          }
        }
      }
    }
    return votes;
  }

  /** The place of the largest entry, the first one on ties. */
  static int top(long[] votes) {
    return top(votes, -1);
  }

  /** The place of the largest entry but one, the first one on ties. */
  static int top(long[] votes, int except) {
    int best = except == 0 ? 1 : 0;
    for (int k = 0; k < votes.length; k++) {
      if (k != except && votes[k] > votes[best]) {
        best = k;
      }
    }
    return best;
  }
}
