package org.safety4j.defenses.engine.purify;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Ops;

/**
 * Rounds pixels to fewer levels.
 *
 * @param bits bits a channel, 1 to 8
 */
public record BitDepthTransform(int bits) implements ImageTransform {
  /**
   * Checks the range.
   *
   * @param bits bits a channel, 1 to 8
   */
  public BitDepthTransform {
    Require.that(bits >= 1 && bits <= 8, "bits must be in [1, 8], was " + bits);
  }

  @Override
  public NDArray apply(NDArray images) {
    return Ops.quantise(images, (1 << bits) - 1);
  }
}
