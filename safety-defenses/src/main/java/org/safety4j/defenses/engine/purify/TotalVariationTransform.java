package org.safety4j.defenses.engine.purify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Finds the image that is near the given one at a random choice of pixels and has little total
 * variation everywhere: the minimum of half the squared distance there plus {@code weight} times
 * the isotropic total variation of every channel.
 *
 * <p><b>Source</b>: L. Rudin, S. Osher and E. Fatemi, "Nonlinear Total Variation Based Noise
 * Removal Algorithms", Physica D, 1992; solved as in A. Chambolle and T. Pock, "A First-order
 * Primal-dual Algorithm for Convex Problems with Applications to Imaging", Journal of Mathematical
 * Imaging and Vision, 2011.
 *
 * @param weight weight of the total variation, greater than 0
 * @param keep chance of each pixel to be held, in (0, 1]; the others are filled in
 * @param steps steps of the solver, at least 1
 * @param rng chooses the pixels, the same for all images
 */
public record TotalVariationTransform(double weight, double keep, int steps, Rng rng)
    implements ImageTransform {
  /**
   * Checks the ranges.
   *
   * @param weight weight of the total variation, greater than 0
   * @param keep chance of each pixel to be held, in (0, 1]; the others are filled in
   * @param steps steps of the solver, at least 1
   * @param rng chooses the pixels, the same for all images
   */
  public TotalVariationTransform {
    Require.positive("weight", weight);
    Require.that(keep > 0 && keep <= 1, "keep must be in (0, 1], was " + keep);
    Require.atLeast("steps", steps, 1);
  }

  @Override
  public NDArray apply(NDArray images) {
    try (Scope scope = Scope.open()) {
      NDManager m = images.getManager();
      Shape shape = images.getShape();
      NDArray chance = rng.uniform(m, new Shape(1, 1, shape.get(2), shape.get(3)), 0, 1);
      NDArray mask = Ops.float32(chance.lt((float) keep));
      return scope.keep(
          Denoisers.program()
              .one(
                  "total_variation",
                  images,
                  mask,
                  m.create((float) weight),
                  m.create((long) steps)));
    }
  }
}
