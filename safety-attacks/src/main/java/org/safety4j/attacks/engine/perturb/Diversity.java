package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * With some probability shrinks an image, puts it at a random place on a black one of the same
 * size, and takes the gradient there. Each sample is drawn for itself.
 *
 * @param probability how often, in [0, 1]; 0 changes nothing
 * @param smallest smallest side as a share of the image's, in (0, 1]
 */
public record Diversity(double probability, double smallest) implements GradientTransform {
  /**
   * Checks the ranges.
   *
   * @param probability how often, in [0, 1]; 0 changes nothing
   * @param smallest smallest side as a share of the image's, in (0, 1]
   */
  public Diversity {
    Require.inRange("probability", probability, 0, 1);
    Require.that(smallest > 0 && smallest <= 1, "smallest must be in (0, 1], was " + smallest);
  }

  /**
   * Makes the transform that shrinks to nine tenths at most.
   *
   * @param probability how often, in [0, 1]
   * @return the transform
   */
  public static Diversity of(double probability) {
    return new Diversity(probability, 0.9);
  }

  @Override
  public GradientSource wrap(GradientSource inner) {
    if (probability == 0) {
      return inner;
    }
    return new GradientSource() {
      @Override
      public Sight look(Active active, NDArray x, Scope scope, Rng rng) {
        NDArray[] draws = draw(active, x, rng.derive("diversity"));
        NDArray leaf;
        NDArray placed;
        try (GradMode mode = GradMode.on()) {
          leaf = Grad.leaf(x);
          placed = Programs.call("place", leaf, draws[0], draws[1]);
        }
        Sight sight = inner.look(active, Grad.detach(placed), scope, rng);
        return sight.withGradient(Grad.vjp(placed, leaf, sight.gradient())).elsewhere();
      }

      @Override
      public int cost() {
        return inner.cost();
      }
    };
  }

  private NDArray[] draw(Active active, NDArray x, Rng rng) {
    int n = active.size();
    float[] theta = new float[6 * n];
    float[] moved = new float[n];
    for (int i = 0; i < n; i++) {
      SplittableRandom random = rng.derive(active.ids()[i]).sequence();
      moved[i] = random.nextDouble() < probability ? 1 : 0;
      double side = smallest + (1 - smallest) * random.nextDouble();
      // Centre of the shrunken image in [-1, 1], such that it lies inside.
      double centreX = (1 - side) * (2 * random.nextDouble() - 1);
      double centreY = (1 - side) * (2 * random.nextDouble() - 1);
      theta[6 * i] = (float) (1 / side);
      theta[6 * i + 2] = (float) (-centreX / side);
      theta[6 * i + 4] = (float) (1 / side);
      theta[6 * i + 5] = (float) (-centreY / side);
    }
    return new NDArray[] {
      x.getManager().create(theta, new Shape(n, 2, 3)), x.getManager().create(moved)
    };
  }
}
