package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/** Gives gradients at points. Arrays that it makes belong to the caller's scope. */
public interface GradientSource {
  /**
   * Looks at points.
   *
   * @param active the samples
   * @param x the points, {@code [n, C, H, W]}
   * @param scope the innermost scope
   * @param rng randomness of this step
   * @return gradient, losses and scores
   */
  Sight look(Active active, NDArray x, Scope scope, Rng rng);

  /**
   * Returns what a look costs.
   *
   * @return queries a sample
   */
  int cost();
}
