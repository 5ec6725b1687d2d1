package org.safety4j.attacks.engine.perturb;

/**
 * Changes how gradients are taken. Transforms compose: each wraps the source that those before it
 * have made.
 *
 * <pre>{@code
 * Perturb.maximise(loss).shaping(Diversity.of(0.5), Smoothing.gaussian(7, 3), Momentum.of(1));
 * }</pre>
 */
@FunctionalInterface
public interface GradientTransform {
  /**
   * Wraps a source.
   *
   * @param inner the source
   * @return the changed source
   */
  GradientSource wrap(GradientSource inner);
}
