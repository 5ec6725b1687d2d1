package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Adds to a gradient by how much gradients at random neighbours differed from it in the step
 * before, which steadies the direction.
 *
 * @param neighbours how many are looked at in each step, at least 1
 * @param radius how far away each pixel value of a neighbour may be, at least 0; 0 changes nothing
 */
public record NeighbourVariance(int neighbours, double radius) implements GradientTransform {
  private static final String VARIANCE = "variance";

  /**
   * Checks the ranges.
   *
   * @param neighbours how many are looked at in each step, at least 1
   * @param radius how far away each pixel value of a neighbour may be, at least 0; 0 changes
   *     nothing
   */
  public NeighbourVariance {
    Require.atLeast("neighbours", neighbours, 1);
    Require.that(radius >= 0, "radius must be at least 0, was " + radius);
  }

  /**
   * Makes the transform.
   *
   * @param neighbours how many, at least 1
   * @param radius how far away, at least 0
   * @return the transform
   */
  public static NeighbourVariance of(int neighbours, double radius) {
    return new NeighbourVariance(neighbours, radius);
  }

  @Override
  public GradientSource wrap(GradientSource inner) {
    if (radius == 0) {
      return inner;
    }
    return new GradientSource() {
      @Override
      public Sight look(Active active, NDArray x, Scope scope, Rng rng) {
        Sight sight = inner.look(active, x, scope, rng);
        NDArray gradient = sight.gradient();
        NDArray tuned = active.has(VARIANCE) ? gradient.add(active.get(VARIANCE)) : gradient;
        NDArray sum = gradient.zerosLike();
        for (int i = 0; i < neighbours; i++) {
          Rng own = rng.derive("neighbour").derive(i);
          NDArray offset =
              own.uniform(x.getManager(), active.ids(), active.elementShape(), -radius, radius);
          sum = sum.add(inner.look(active, x.add(offset), scope, own).gradient());
        }
        active.put(scope, VARIANCE, sum.div(neighbours).sub(gradient));
        return sight.withGradient(tuned);
      }

      @Override
      public int cost() {
        return (neighbours + 1) * inner.cost();
      }
    };
  }
}
