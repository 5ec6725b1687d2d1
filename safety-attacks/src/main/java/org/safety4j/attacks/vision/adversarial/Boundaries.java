package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.stream.IntStream;
import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.Ops;

/** Class boundaries of a classifier, linearised at some points. */
final class Boundaries {
  private Boundaries() {}

  /**
   * Finds the nearest of some boundaries.
   *
   * @param rivals for each rank, the class of each sample of the attempt, by its number
   * @return {@code [n]} ratios of logit difference and gradient norm, which are distances where the
   *     model is linear; gradients of the differences; the differences, rival less own class
   */
  static NDList nearest(Active active, Linearized at, int[][] rivals, Norm norm) {
    NDArray x = active.originals();
    int n = active.size();
    NDArray dual = RecipePrograms.scalar(x, dual(norm));
    NDList best =
        new NDList(
            x.getManager().full(new Shape(n), Float.POSITIVE_INFINITY),
            x.zerosLike(),
            x.getManager().zeros(new Shape(n)));
    for (int[] rank : rivals) {
      int[] classes = IntStream.of(active.samples()).map(s -> rank[s]).toArray();
      NDArray k = Ops.index(x.getManager(), classes);
      NDArray c = RecipePrograms.call("one_hot_difference", at.logits(), k, active.labels());
      NDArray f = RecipePrograms.call("logit_difference", at.logits(), k, active.labels());
      best =
          RecipePrograms.all(
              "nearer", at.pullback(c), f, dual, best.get(0), best.get(1), best.get(2));
    }
    return best;
  }

  private static double dual(Norm norm) {
    return switch (norm) {
      case L1 -> Double.POSITIVE_INFINITY;
      case L2 -> 2;
      case LINF -> 1;
      case L0 -> throw new IllegalArgumentException("L0 has no dual norm");
    };
  }
}
