package org.safety4j.defenses.engine.purify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Compresses and decompresses images as baseline JPEG, on the device: levels, colour transform,
 * optional halving of the colour planes, 8x8 cosine transform, quantisation with the standard's
 * tables scaled by quality, and all the way back. Agrees with the common integer coder up to
 * roundings of its cosine transform. Images of any height and width; sides that are not multiples
 * of the block are extended by their last pixels.
 *
 * <p><b>Source</b>: ITU-T Recommendation T.81, "Digital Compression and Coding of Continuous-tone
 * Still Images", 1992, with the tables of its Annex K; smooth rounding from R. Shin and D. Song,
 * "JPEG-resistant Adversarial Images", NIPS Workshop on Machine Learning and Computer Security,
 * 2017.
 *
 * @param quality 1 to 100, as the Independent JPEG Group's coder scales it
 * @param subsampled whether colour planes are halved on both axes (4:2:0); images of one channel
 *     have none
 * @param smooth whether the backward pass goes through the cosine transform with a cubic stand-in
 *     for rounding; otherwise it is the identity
 */
public record JpegTransform(int quality, boolean subsampled, boolean smooth)
    implements ImageTransform {
  private static final int[] LUMINANCE = {
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99
  };
  private static final int[] CHROMINANCE = {
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99
  };

  /**
   * Checks the range.
   *
   * @param quality 1 to 100, as the Independent JPEG Group's coder scales it
   * @param subsampled whether colour planes are halved on both axes (4:2:0); images of one channel
   *     have none
   * @param smooth whether the backward pass goes through the cosine transform with a cubic stand-in
   *     for rounding; otherwise it is the identity
   */
  public JpegTransform {
    Require.that(quality >= 1 && quality <= 100, "quality must be in [1, 100], was " + quality);
  }

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(JpegTransform.class, "jpeg.torch.py", Map.of());
  }

  @Override
  public NDArray apply(NDArray images) {
    return run(images, "grey", "colour");
  }

  @Override
  public NDArray standIn(NDArray images) {
    return smooth ? run(images, "grey_smooth", "colour_smooth") : images;
  }

  private NDArray run(NDArray images, String grey, String colour) {
    long channels = images.getShape().get(1);
    Require.that(
        channels == 1 || channels == 3, "JPEG takes images of 1 or 3 channels, had " + channels);
    try (Scope scope = Scope.open()) {
      NDManager m = images.getManager();
      NDArray cosines = cosines(m);
      NDArray luma = table(m, LUMINANCE);
      if (channels == 1) {
        return scope.keep(Holder.PROGRAM.one(grey, images, cosines, luma));
      }
      NDArray chroma = table(m, CHROMINANCE);
      NDArray halve = m.create(subsampled);
      return scope.keep(Holder.PROGRAM.one(colour, images, cosines, luma, chroma, halve));
    }
  }

  private static NDArray cosines(NDManager m) {
    float[] values = new float[64];
    for (int k = 0; k < 8; k++) {
      double norm = k == 0 ? Math.sqrt(1 / 8.0) : 0.5;
      for (int n = 0; n < 8; n++) {
        values[8 * k + n] = (float) (norm * Math.cos((2 * n + 1) * k * Math.PI / 16));
      }
    }
    return m.create(values, new Shape(8, 8));
  }

  private NDArray table(NDManager m, int[] base) {
    int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    float[] values = new float[64];
    for (int i = 0; i < 64; i++) {
      values[i] = Math.max(1, Math.min(255, (base[i] * percent + 50) / 100));
    }
    return m.create(values, new Shape(8, 8));
  }
}
