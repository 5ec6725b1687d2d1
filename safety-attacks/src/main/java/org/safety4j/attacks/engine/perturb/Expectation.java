package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Averages gradient, loss and scores over several looks, for models or transforms that are random.
 *
 * @param draws how many, at least 1; 1 changes nothing
 */
public record Expectation(int draws) implements GradientTransform {
  /**
   * Checks the number.
   *
   * @param draws how many, at least 1; 1 changes nothing
   */
  public Expectation {
    Require.atLeast("draws", draws, 1);
  }

  /**
   * Makes the transform.
   *
   * @param draws how many looks, at least 1
   * @return the transform
   */
  public static Expectation over(int draws) {
    return new Expectation(draws);
  }

  @Override
  public GradientSource wrap(GradientSource inner) {
    if (draws == 1) {
      return inner;
    }
    return new GradientSource() {
      @Override
      public Sight look(Active active, NDArray x, Scope scope, Rng rng) {
        Sight sum = inner.look(active, x, scope, rng.derive("draw").derive(0));
        for (int i = 1; i < draws; i++) {
          sum = add(sum, inner.look(active, x, scope, rng.derive("draw").derive(i)));
        }
        return new Sight(
            sum.gradient().div(draws),
            sum.values().div(draws),
            sum.logits() == null ? null : sum.logits().div(draws));
      }

      @Override
      public int cost() {
        return draws * inner.cost();
      }
    };
  }

  private static Sight add(Sight a, Sight b) {
    return new Sight(
        a.gradient().add(b.gradient()),
        a.values().add(b.values()),
        a.logits() == null ? null : a.logits().add(b.logits()));
  }
}
