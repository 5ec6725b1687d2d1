package org.safety4j.defenses.engine.purify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Scope;

/**
 * Replaces every pixel by the mean of a window, weighted by the likeness of patches.
 * Differentiable.
 *
 * <p><b>Source</b>: A. Buades, B. Coll and J.-M. Morel, "A Non-local Algorithm for Image
 * Denoising", IEEE Conference on Computer Vision and Pattern Recognition, 2005.
 *
 * @param window side of the window, odd; less than twice the image's sides
 * @param patch side of the patches, odd
 * @param strength root mean square difference of patches at which a weight falls to 1/e, greater
 *     than 0
 */
public record NonLocalMeansTransform(int window, int patch, double strength)
    implements ImageTransform {
  /**
   * Checks the ranges.
   *
   * @param window side of the window, odd; less than twice the image's sides
   * @param patch side of the patches, odd
   * @param strength root mean square difference of patches at which a weight falls to 1/e, greater
   *     than 0
   */
  public NonLocalMeansTransform {
    Require.that(window >= 1 && window % 2 == 1, "window must be odd, was " + window);
    Require.that(patch >= 1 && patch % 2 == 1, "patch must be odd, was " + patch);
    Require.positive("strength", strength);
  }

  @Override
  public NDArray apply(NDArray images) {
    long side = Math.min(images.getShape().get(2), images.getShape().get(3));
    Require.that(
        Math.max(window, patch) / 2 < side,
        "window and patch must be less than twice the image's sides, were "
            + window
            + " and "
            + patch
            + " for "
            + side);
    try (Scope scope = Scope.open()) {
      NDManager m = images.getManager();
      return scope.keep(
          Denoisers.program()
              .one(
                  "non_local_means",
                  images,
                  m.create((long) window),
                  m.create((long) patch),
                  m.create((float) strength)));
    }
  }

  @Override
  public boolean isDifferentiable() {
    return true;
  }
}
