package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * A statistic of one layer's activations, of the image itself or of the image moved a little
 * towards what is usual.
 *
 * @param layer one of the model's layers
 * @param statistic the statistic
 * @param noise how far each pixel moves against the sign of the statistic's gradient, in [0, 1]; 0
 *     leaves the image alone
 */
public record LayerScore(String layer, FeatureStatistic statistic, double noise) {
  /**
   * Checks the range.
   *
   * @param layer one of the model's layers
   * @param statistic the statistic
   * @param noise how far each pixel moves against the sign of the statistic's gradient, in [0, 1];
   *     0 leaves the image alone
   */
  public LayerScore {
    Require.inRange("noise", noise, 0, 1);
  }

  /**
   * Reads a layer's activations, averaged over places or tokens, as part of the graph if one is
   * recorded.
   *
   * @param model the model
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @param layer one of the model's layers, of {@code [N, D]}, {@code [N, T, D]} or {@code [N, D,
   *     H, W]}
   * @return {@code [N, D]}
   */
  public static NDArray features(ImageClassifier.White model, NDArray images, String layer) {
    try (Scope scope = Scope.open()) {
      NDArray raw = model.features(images, layer);
      int rank = raw.getShape().dimension();
      Require.that(
          rank >= 2 && rank <= 4,
          "layer " + layer + " must have activations of 2 to 4 axes, has " + raw.getShape());
      return scope.keep(
          switch (rank) {
            case 3 -> Ops.mean(raw, 1);
            case 4 -> Ops.mean(raw, 2, 3);
            default -> raw;
          });
    }
  }

  /**
   * Computes the statistic, as part of the graph if one is recorded; the direction that the image
   * moves in is taken as constant.
   *
   * @param model the model
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @return float64 {@code [N]}
   */
  public NDArray of(ImageClassifier.White model, NDArray images) {
    try (Scope scope = Scope.open()) {
      return scope.keep(statistic.of(features(model, moved(model, images), layer)));
    }
  }

  private NDArray moved(ImageClassifier.White model, NDArray images) {
    if (noise == 0) {
      return images;
    }
    NDArray gradient;
    try (GradMode mode = GradMode.on()) {
      NDArray leaf = Grad.leaf(Grad.detach(images));
      NDArray value = statistic.of(features(model, leaf, layer)).sum();
      gradient = Grad.gradients(new NDList(value), List.of(leaf)).get(0);
    }
    return Ops.clamp(images.sub(gradient.sign().mul((float) noise)), 0, 1);
  }
}
