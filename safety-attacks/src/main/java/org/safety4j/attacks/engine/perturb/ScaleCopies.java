package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Takes the gradient of the mean loss over copies of the image divided by 1, 2, 4 and so on.
 *
 * @param copies how many, at least 1; 1 changes nothing
 */
public record ScaleCopies(int copies) implements GradientTransform {
  /**
   * Checks the number.
   *
   * @param copies how many, at least 1; 1 changes nothing
   */
  public ScaleCopies {
    Require.atLeast("copies", copies, 1);
  }

  /**
   * Makes the transform.
   *
   * @param copies at least 1
   * @return the transform
   */
  public static ScaleCopies of(int copies) {
    return new ScaleCopies(copies);
  }

  @Override
  public GradientSource wrap(GradientSource inner) {
    if (copies == 1) {
      return inner;
    }
    return new GradientSource() {
      @Override
      public Sight look(Active active, NDArray x, Scope scope, Rng rng) {
        Sight whole = inner.look(active, x, scope, rng.derive(0));
        NDArray gradient = whole.gradient();
        NDArray values = whole.values();
        double scale = 1;
        for (int i = 1; i < copies; i++) {
          scale /= 2;
          Sight copy = inner.look(active, x.mul(scale), scope, rng.derive(i));
          gradient = gradient.add(copy.gradient().mul(scale));
          values = values.add(copy.values());
        }
        return new Sight(gradient.div(copies), values.div(copies), whole.logits());
      }

      @Override
      public int cost() {
        return copies * inner.cost();
      }
    };
  }
}
