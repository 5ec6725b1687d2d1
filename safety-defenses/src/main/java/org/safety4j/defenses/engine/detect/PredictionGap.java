package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.defenses.engine.purify.ImageTransform;
import org.safety4j.defenses.engine.purify.Transforming;

/**
 * How far a classifier's answer moves when its input is transformed: the largest L1 distance
 * between the probabilities of the image and of its transformed versions, in [0, 2].
 */
public final class PredictionGap {
  private static final String PART = "squeezed";

  private final List<ImageTransform> transforms;

  /**
   * Sets the transformations.
   *
   * @param transforms at least one
   */
  public PredictionGap(List<ImageTransform> transforms) {
    Require.notEmpty("transforms", transforms);
    this.transforms = List.copyOf(transforms);
  }

  /**
   * Makes the score of a model. An image costs one query, and one more a transformation.
   *
   * @param model the model; stays the caller's
   * @return the score
   */
  public BatchScore of(ImageClassifier.Gray model) {
    return images -> {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDList squeezed = new NDList();
        for (ImageTransform transform : transforms) {
          squeezed.add(new Transforming(transform, PART).gray(model).logits(images));
        }
        float[] gaps = gap(model.logits(images), squeezed).toFloatArray();
        double[] scores = new double[gaps.length];
        for (int i = 0; i < gaps.length; i++) {
          scores[i] = gaps[i];
        }
        return scores;
      }
    };
  }

  /**
   * Shows model and detector as one differentiable classifier with a further class for rejection,
   * for attacks that go for a class. The further logit is the largest other one plus a multiple of
   * what the gap exceeds the threshold by, with all gradients.
   *
   * @param model the model; stays the caller's
   * @param threshold gaps above it are rejected
   * @param sharpness the multiple, greater than 0
   * @return a classifier that answers {@link ImageClassifier.Black#REJECTED} for its last class
   */
  public ImageClassifier.White withRejection(
      ImageClassifier.White model, double threshold, double sharpness) {
    return RejectionView.towards(
        model, transformed(model), PredictionGap::gap, threshold, sharpness);
  }

  /**
   * Shows model and detector as one classifier with a further class for rejection, for attacks that
   * leave a class. Its values are those of {@link #withRejection}; the gradient of the further
   * logit has the opposite sign and half the size, so that a loss that rises as the label loses, to
   * whatever class, leads out of rejection and not into it.
   *
   * @param model the model; stays the caller's
   * @param threshold gaps above it are rejected
   * @param sharpness as in {@link #withRejection}
   * @return a classifier that answers {@link ImageClassifier.Black#REJECTED} for its last class
   */
  public ImageClassifier.White awayFromRejection(
      ImageClassifier.White model, double threshold, double sharpness) {
    return RejectionView.leaving(
        model, transformed(model), PredictionGap::gap, threshold, sharpness);
  }

  private List<RejectionView.Part> transformed(ImageClassifier.White model) {
    return transforms.stream()
        .map(t -> RejectionView.Part.of(new Transforming(t, PART).white(model)))
        .toList();
  }

  /**
   * The gap of logits {@code [N, K]} to each of some others, the largest one a row: {@code [N]}.
   */
  private static NDArray gap(NDArray logits, NDList others) {
    NDArray p = Ops.softmax(logits);
    NDList gaps = new NDList();
    for (NDArray other : others) {
      gaps.add(p.sub(Ops.softmax(other)).abs().sum(new int[] {1}));
    }
    return Ops.maxPerSample(NDArrays.stack(gaps, 1));
  }
}
