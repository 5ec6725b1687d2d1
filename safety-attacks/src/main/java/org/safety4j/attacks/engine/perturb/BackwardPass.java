package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import java.util.function.UnaryOperator;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Looks at the image behind a transformation that has no useful gradient, and takes the gradient of
 * a stand-in for it on the way back (BPDA).
 *
 * @param forward the transformation, {@code [n, C, H, W]} to the same shape
 * @param standIn a differentiable function close to it; null for the identity
 */
public record BackwardPass(UnaryOperator<NDArray> forward, UnaryOperator<NDArray> standIn)
    implements GradientTransform {
  /**
   * Takes the identity on the way back.
   *
   * @param forward the transformation
   * @return the transform
   */
  public static BackwardPass identity(UnaryOperator<NDArray> forward) {
    return new BackwardPass(forward, null);
  }

  /**
   * Takes a smooth stand-in on the way back.
   *
   * @param forward the transformation
   * @param standIn a differentiable function close to it
   * @return the transform
   */
  public static BackwardPass smooth(
      UnaryOperator<NDArray> forward, UnaryOperator<NDArray> standIn) {
    return new BackwardPass(forward, standIn);
  }

  @Override
  public GradientSource wrap(GradientSource inner) {
    return new GradientSource() {
      @Override
      public Sight look(Active active, NDArray x, Scope scope, Rng rng) {
        Sight sight = inner.look(active, forward.apply(x), scope, rng);
        if (standIn == null) {
          return sight.elsewhere();
        }
        NDArray leaf;
        NDArray y;
        try (GradMode mode = GradMode.on()) {
          leaf = Grad.leaf(x);
          y = standIn.apply(leaf);
        }
        return sight.withGradient(Grad.vjp(y, leaf, sight.gradient())).elsewhere();
      }

      @Override
      public int cost() {
        return inner.cost();
      }
    };
  }
}
