package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.tensor.Rng;
import org.safety4j.defenses.engine.purify.ImageTransform;
import org.safety4j.defenses.engine.purify.JpegTransform;
import org.safety4j.defenses.engine.purify.TransformShield;

/**
 * Compresses images as JPEG before they are classified, which removes small perturbations of high
 * frequency.
 *
 * <pre>{@code
 * Protected<ImageClassifier.White> jpeg = JpegCompression.quality(60).apply(model, Run.seed(0));
 * jpeg.adaptiveAttacks();   // what must be run before anyone believes it
 * }</pre>
 *
 * <p>Coding is not differentiable. The White view offers a backward pass that is the identity, or
 * with {@link #withSmoothBackward()} goes through the colour and cosine transforms with a cubic
 * stand-in for rounding.
 *
 * <p><b>Source</b>: C. Guo, M. Rana, M. Cissé and L. van der Maaten, "Countering Adversarial Images
 * using Input Transformations", International Conference on Learning Representations, 2018.
 *
 * <p><b>Deviations</b>: the model is not retrained on compressed images; coded on the device in
 * arrays, not by a codec library.
 *
 * @param codec quality, subsampling and backward pass
 */
public record JpegCompression(JpegTransform codec) implements TransformShield {
  /**
   * Makes a shield with halved colour planes and the identity as backward pass.
   *
   * @param quality 1 to 100, as the Independent JPEG Group's coder scales it; 75 in the paper
   * @return the defense
   */
  public static JpegCompression quality(int quality) {
    return new JpegCompression(new JpegTransform(quality, true, false));
  }

  /**
   * Keeps colour planes at full size.
   *
   * @return a copy
   */
  public JpegCompression withoutSubsampling() {
    return new JpegCompression(new JpegTransform(codec.quality(), false, codec.smooth()));
  }

  /**
   * Lets the backward pass go through the cosine transform.
   *
   * @return a copy
   */
  public JpegCompression withSmoothBackward() {
    return new JpegCompression(new JpegTransform(codec.quality(), codec.subsampled(), true));
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.JPEG;
  }

  @Override
  public ImageTransform transform(Rng rng) {
    return codec;
  }
}
