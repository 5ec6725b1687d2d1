package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.tensor.Rng;
import org.safety4j.defenses.engine.purify.BitDepthTransform;
import org.safety4j.defenses.engine.purify.ImageTransform;
import org.safety4j.defenses.engine.purify.TransformShield;

/**
 * Rounds pixels to fewer levels before images are classified. The backward pass is the identity.
 *
 * <p><b>Source</b>: W. Xu, D. Evans and Y. Qi, "Feature Squeezing: Detecting Adversarial Examples
 * in Deep Neural Networks", Network and Distributed System Security Symposium, 2018; among the
 * transformations of C. Guo and others, "Countering Adversarial Images using Input
 * Transformations", 2018.
 *
 * @param rounding how many bits are kept
 */
public record BitDepth(BitDepthTransform rounding) implements TransformShield {
  /**
   * Keeps some bits.
   *
   * @param bits bits a channel, 1 to 8; 3 in the paper
   * @return the defense
   */
  public static BitDepth bits(int bits) {
    return new BitDepth(new BitDepthTransform(bits));
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.BIT_DEPTH;
  }

  @Override
  public ImageTransform transform(Rng rng) {
    return rounding;
  }
}
