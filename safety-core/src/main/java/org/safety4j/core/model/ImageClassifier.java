package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Function;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.ValueAndGradient;

/**
 * Models that put images into classes. Images are always float32 {@code [N, C, H, W]} in [0, 1];
 * normalisation lives inside the model.
 */
public final class ImageClassifier {
  private ImageClassifier() {}

  /** Labels only. */
  public interface Black extends BlackBox {
    /** The answer of a model that refuses an input. */
    int REJECTED = -1;

    /**
     * Classifies images.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return a class a sample, or {@link #REJECTED}
     */
    int[] labels(NDArray images);

    /**
     * Returns the number of classes.
     *
     * @return at least 2
     */
    int classes();
  }

  /** Labels and scores. */
  public interface Gray extends Black, GrayBox {
    /**
     * Scores images.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return logits {@code [N, K]} outside of any graph; owned by the caller
     */
    NDArray logits(NDArray images);

    @Override
    default int[] labels(NDArray images) {
      try (Scope scope = Scope.open()) {
        long[] best = logits(images).argMax(1).toLongArray();
        int[] labels = new int[best.length];
        for (int i = 0; i < best.length; i++) {
          labels[i] = Math.toIntExact(best[i]);
        }
        return labels;
      }
    }
  }

  /** Labels, scores and gradients. */
  public interface White extends Gray, WhiteBox {
    /**
     * Runs the model once and holds the graph.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return logits and pullback, to be closed by the caller
     */
    Linearized linearize(NDArray images);

    /**
     * Computes a loss and its gradient for the images. No gradient of a weight is computed.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param labels int64 {@code [N]}
     * @param loss the loss
     * @return values {@code [N]} and gradient in the images' shape
     */
    default ValueAndGradient gradient(NDArray images, NDArray labels, LogitLoss loss) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off();
          Linearized at = linearize(images)) {
        NDManager owner = images.getManager();
        NDArray values = scope.keep(loss.values(at.logits(), labels), owner);
        NDArray cotangent = loss.cotangent(at.logits(), labels);
        NDArray gradient = scope.keep(at.lastPullback(cotangent), owner);
        return new ValueAndGradient(values, gradient);
      }
    }

    /**
     * Names the layers whose activations can be read.
     *
     * @return names in the order of computation, the last one nearest to the logits
     */
    List<String> layers();

    /**
     * Reads activations.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param layer one of {@link #layers()}
     * @return {@code [N, ...]}, part of the graph if one is recorded; owned by the caller
     * @throws IllegalArgumentException if there is no such layer; the message lists those there are
     */
    NDArray features(NDArray images, String layer);

    /**
     * Returns the shape of one image.
     *
     * @return {@code [C, H, W]}
     */
    Shape inputShape();

    /**
     * Returns the manager that the weights hang on; arrays for the same device are made with
     * sub-managers of it.
     *
     * @return the model's manager
     */
    NDManager manager();
  }

  /**
   * Makes a classifier of any function that scores images: another engine, another process, a web
   * service.
   *
   * <pre>{@code
   * ImageClassifier.Gray remote = ImageClassifier.gray(10, batch -> client.scores(batch));
   * }</pre>
   *
   * @param classes number of classes, at least 2
   * @param scores maps images {@code [N, C, H, W]} to scores {@code [N][K]}, such as logits or
   *     log-probabilities; called by one thread at a time unless the caller runs several attacks at
   *     once
   * @return the classifier
   */
  public static Gray gray(int classes, Function<NDArray, float[][]> scores) {
    return new FunctionClassifier(classes, scores);
  }
}
