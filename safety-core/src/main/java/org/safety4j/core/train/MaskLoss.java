package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * What a segmenter that points are given to minimises: focal and Dice loss of the best of its
 * readings, and the squared error of the overlap that it predicts for every reading.
 *
 * <p><b>Source</b>: Kirillov et al., "Segment Anything", ICCV 2023 (appendix A); Lin et al., "Focal
 * Loss for Dense Object Detection", ICCV 2017; Milletari, Navab, Ahmadi, "V-Net", 3DV 2016 (Dice).
 * <b>Deviations</b>: overlap is learnt for all readings, not only for the best.
 *
 * @param focal weight of the focal loss, at least 0; 20 in the paper
 * @param dice weight of the Dice loss, at least 0; 1 in the paper
 * @param overlap weight of the error of the predicted overlap, at least 0; 1 in the paper
 * @param gamma how much pixels that are right already count less, at least 0; 2 in the paper
 */
public record MaskLoss(double focal, double dice, double overlap, double gamma) {
  /** Weight of the pixels of the object in the focal loss; the others have one minus it. */
  private static final double ALPHA = 0.25;

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(MaskLoss.class, "segmentation.torch.py", Map.of("ALPHA", ALPHA));
  }

  /**
   * Checks the ranges.
   *
   * @param focal at least 0
   * @param dice at least 0
   * @param overlap at least 0
   * @param gamma at least 0
   * @throws IllegalArgumentException if a weight is negative or not finite
   */
  public MaskLoss {
    Require.inRange("focal", focal, 0, 1e6);
    Require.inRange("dice", dice, 0, 1e6);
    Require.inRange("overlap", overlap, 0, 1e6);
    Require.inRange("gamma", gamma, 0, 100);
  }

  /**
   * The weights of Segment Anything.
   *
   * @return focal 20, Dice 1, overlap 1, gamma 2
   */
  public static MaskLoss sam() {
    return new MaskLoss(20, 1, 1, 2);
  }

  /**
   * Computes the mean over objects, as part of the graph if one is recorded.
   *
   * @param prediction logits {@code [N, P, M, h, w]} and predicted overlap {@code [N, P, M]}
   * @param masks the true masks, float32 0 or 1, or shares of pixels between them, {@code [N, P, h,
   *     w]}
   * @return a scalar
   * @throws IllegalArgumentException if shapes do not fit
   */
  public NDArray of(Segmenter.Prediction prediction, NDArray masks) {
    NDArray logits = prediction.logits();
    Shape s = logits.getShape();
    Require.that(s.dimension() == 5, "logits must be [N, P, M, h, w], were " + s);
    Shape wanted = new Shape(s.get(0), s.get(1), s.get(3), s.get(4));
    Require.that(
        masks.getShape().equals(wanted), "masks must be " + wanted + ", were " + masks.getShape());
    NDArray weights =
        logits.getManager().create(new double[] {focal, dice, overlap, gamma}, new Shape(4));
    try (weights) {
      return Holder.PROGRAM.one("loss", logits, prediction.overlap(), masks, weights);
    }
  }
}
