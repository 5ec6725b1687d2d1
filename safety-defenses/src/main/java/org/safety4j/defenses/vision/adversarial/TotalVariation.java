package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.tensor.Rng;
import org.safety4j.defenses.engine.purify.ImageTransform;
import org.safety4j.defenses.engine.purify.TotalVariationTransform;
import org.safety4j.defenses.engine.purify.TransformShield;

/**
 * Drops pixels at random and fills the image in with as little total variation as possible before
 * it is classified. The choice of pixels is fixed for a shield: another seed gives another one. The
 * backward pass is the identity.
 *
 * <p><b>Source</b>: C. Guo, M. Rana, M. Cissé and L. van der Maaten, "Countering Adversarial Images
 * using Input Transformations", International Conference on Learning Representations, 2018.
 *
 * <p><b>Deviations</b>: the distance is squared, each channel has a total variation of its own, and
 * the problem is solved by a primal-dual method instead of split Bregman iterations; the model is
 * not retrained.
 *
 * @param weight weight of the total variation, greater than 0; 0.03 in the paper, for its objective
 * @param keep chance of each pixel to be held, in (0, 1]; 0.5 by default
 * @param steps steps of the solver, at least 1; 100 by default
 */
public record TotalVariation(double weight, double keep, int steps) implements TransformShield {
  /**
   * Checks the ranges.
   *
   * @param weight weight of the total variation, greater than 0; 0.03 in the paper, for its
   *     objective
   * @param keep chance of each pixel to be held, in (0, 1]; 0.5 by default
   * @param steps steps of the solver, at least 1; 100 by default
   */
  public TotalVariation {
    Require.positive("weight", weight);
    Require.that(keep > 0 && keep <= 1, "keep must be in (0, 1], was " + keep);
    Require.atLeast("steps", steps, 1);
  }

  /**
   * Drops half of the pixels.
   *
   * @param weight weight of the total variation, greater than 0
   * @return the defense
   */
  public static TotalVariation weight(double weight) {
    return new TotalVariation(weight, 0.5, 100);
  }

  /**
   * Changes how many pixels are held.
   *
   * @param value chance of each pixel, in (0, 1]; 1 for denoising alone
   * @return a copy
   */
  public TotalVariation withKeep(double value) {
    return new TotalVariation(weight, value, steps);
  }

  /**
   * Changes how long the solver runs.
   *
   * @param value steps, at least 1
   * @return a copy
   */
  public TotalVariation withSteps(int value) {
    return new TotalVariation(weight, keep, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.TOTAL_VARIATION;
  }

  @Override
  public ImageTransform transform(Rng rng) {
    return new TotalVariationTransform(weight, keep, steps, rng);
  }
}
