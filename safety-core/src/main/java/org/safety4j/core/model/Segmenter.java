package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * Models that cut out what a prompt points at, such as SAM. Images are always float32 {@code [N, C,
 * H, W]} in [0, 1]; normalisation lives inside the model.
 *
 * <pre>{@code
 * NDArray mask = sam.segment(image, Segmenter.Prompt.point(manager, 120, 80));   // [1, 1, H, W]
 * }</pre>
 */
public final class Segmenter {
  private Segmenter() {}

  /**
   * What is pointed at: P objects an image. Points, boxes and masks may be combined; what is not
   * there is null. A prompt for one image serves any number of images. Coordinates are pixels of
   * the model's input, x before y, from the top left.
   *
   * @param points float32 {@code [N, P, K, 2]}
   * @param labels int64 {@code [N, P, K]}: 1 for a point of the object, 0 for one outside of it,
   *     -10 for padding
   * @param boxes float32 {@code [N, P, 4]}: left, top, right, bottom
   * @param masks logits of a mask an image, float32 {@code [N, 1, h, w]}, of the size that the
   *     model answers
   */
  public record Prompt(NDArray points, NDArray labels, NDArray boxes, NDArray masks) {
    /**
     * Checks the shapes. * @throws IllegalArgumentException if shapes do not fit, or nothing is
     * pointed at
     *
     * @param points float32 {@code [N, P, K, 2]}
     * @param labels int64 {@code [N, P, K]}: 1 for a point of the object, 0 for one outside of it,
     *     -10 for padding
     * @param boxes float32 {@code [N, P, 4]}: left, top, right, bottom
     * @param masks logits of a mask an image, float32 {@code [N, 1, h, w]}, of the size that the
     *     model answers
     */
    public Prompt {
      Require.that(
          points != null || boxes != null || masks != null,
          "a prompt must have points, boxes or masks");
      Require.that((points == null) == (labels == null), "points and labels must come together");
      if (points != null) {
        Shape shape = points.getShape();
        Require.that(
            shape.dimension() == 4 && shape.get(3) == 2,
            "points must be [N, P, K, 2], were " + shape);
        Require.that(
            labels.getShape().equals(shape.slice(0, 3)),
            "labels must be " + shape.slice(0, 3) + ", were " + labels.getShape());
      }
      if (boxes != null) {
        Shape shape = boxes.getShape();
        Require.that(
            shape.dimension() == 3 && shape.get(2) == 4, "boxes must be [N, P, 4], were " + shape);
        Require.that(
            points == null || points.getShape().slice(0, 2).equals(shape.slice(0, 2)),
            "points and boxes must be of the same images and objects");
      }
      if (masks != null) {
        Shape shape = masks.getShape();
        Require.that(
            shape.dimension() == 4 && shape.get(1) == 1,
            "masks must be [N, 1, h, w], were " + shape);
      }
    }

    /**
     * Points at one place.
     *
     * @param manager what owns the arrays
     * @param x pixels from the left
     * @param y pixels from the top
     * @return a prompt with one point of one object
     */
    public static Prompt point(NDManager manager, double x, double y) {
      return new Prompt(
          manager.create(new float[] {(float) x, (float) y}, new Shape(1, 1, 1, 2)),
          manager.create(new long[] {1}, new Shape(1, 1, 1)),
          null,
          null);
    }

    /**
     * Points at several places of one object.
     *
     * @param manager what owns the arrays
     * @param xy places, {@code [K][2]}
     * @param inside whether each place belongs to the object
     * @return a prompt with those points
     * @throws IllegalArgumentException if the lengths differ or are 0
     */
    public static Prompt points(NDManager manager, double[][] xy, boolean[] inside) {
      Require.that(
          xy.length == inside.length && xy.length > 0,
          "xy and inside must have one entry a point, had " + xy.length + " and " + inside.length);
      float[] at = new float[2 * xy.length];
      long[] labels = new long[xy.length];
      for (int i = 0; i < xy.length; i++) {
        at[2 * i] = (float) xy[i][0];
        at[2 * i + 1] = (float) xy[i][1];
        labels[i] = inside[i] ? 1 : 0;
      }
      return new Prompt(
          manager.create(at, new Shape(1, 1, xy.length, 2)),
          manager.create(labels, new Shape(1, 1, xy.length)),
          null,
          null);
    }

    /**
     * Points at a box.
     *
     * @param manager what owns the array
     * @param left pixels from the left
     * @param top pixels from the top
     * @param right pixels from the left, at least {@code left}
     * @param bottom pixels from the top, at least {@code top}
     * @return a prompt with one box
     * @throws IllegalArgumentException if the corners are in the wrong order
     */
    public static Prompt box(
        NDManager manager, double left, double top, double right, double bottom) {
      Require.that(
          left <= right && top <= bottom,
          "a box must have left <= right and top <= bottom, was "
              + List.of(left, top, right, bottom));
      float[] corners = {(float) left, (float) top, (float) right, (float) bottom};
      return new Prompt(null, null, manager.create(corners, new Shape(1, 1, 4)), null);
    }

    /**
     * Returns the number of objects an image.
     *
     * @return at least 1
     */
    public int objects() {
      NDArray any = points != null ? points : boxes;
      return any == null ? 1 : Math.toIntExact(any.getShape().get(1));
    }
  }

  /**
   * What a model answers.
   *
   * @param logits {@code [N, P, M, h, w]}; the mask is where they are above 0
   * @param overlap predicted intersection over union with the true mask, {@code [N, P, M]}
   */
  public record Prediction(NDArray logits, NDArray overlap) implements AutoCloseable {
    @Override
    public void close() {
      logits.close();
      overlap.close();
    }
  }

  /** Masks only. */
  public interface Black extends BlackBox {
    /**
     * Cuts out what the prompt points at: of several readings the one that the model thinks best.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param prompt what is pointed at
     * @return boolean {@code [N, P, H, W]}, owned by the caller
     */
    NDArray segment(NDArray images, Prompt prompt);

    /**
     * Returns the shape of one image.
     *
     * @return {@code [C, H, W]}
     */
    Shape inputShape();
  }

  /** Masks and scores. */
  public interface Gray extends Black, GrayBox {
    /**
     * Scores every pixel.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param prompt what is pointed at
     * @param several whether several readings of the prompt are answered, or one
     * @return logits and predicted overlap, outside of any graph; owned by the caller
     */
    Prediction predict(NDArray images, Prompt prompt, boolean several);

    @Override
    default NDArray segment(NDArray images, Prompt prompt) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        Prediction all = predict(images, prompt, true);
        Shape s = all.logits().getShape();
        NDArray best = all.overlap().argMax(2).reshape(s.get(0) * s.get(1));
        NDArray flat = all.logits().reshape(s.get(0) * s.get(1), s.get(2), s.get(3) * s.get(4));
        NDArray logits =
            Ops.pick(
                flat.transpose(0, 2, 1),
                best.expandDims(1).broadcast(new Shape(s.get(0) * s.get(1), s.get(3) * s.get(4))));
        Shape image = inputShape();
        NDArray large =
            Ops.resizeBilinear(
                logits.reshape(s.get(0), s.get(1), s.get(3), s.get(4)),
                Math.toIntExact(image.get(1)),
                Math.toIntExact(image.get(2)));
        return scope.keep(large.gt(0));
      }
    }
  }

  /**
   * Masks, scores, gradients and weights. What its methods return is part of the graph if one is
   * recorded, to images, prompts and parameters that ask for gradients.
   */
  public interface White extends Gray, WhiteBox, Trainable {
    /**
     * Embeds images, for any number of prompts.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return {@code [N, D, h', w']}; owned by the caller
     */
    NDArray embed(NDArray images);

    /**
     * Scores every pixel of embedded images.
     *
     * @param embeddings what {@link #embed} returned, {@code [N, D, h', w']}
     * @param prompt what is pointed at
     * @param several whether several readings of the prompt are answered, or one
     * @return logits and predicted overlap; owned by the caller
     */
    Prediction decode(NDArray embeddings, Prompt prompt, boolean several);

    /**
     * Scores every pixel, as part of the graph if one is recorded.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param prompt what is pointed at
     * @param several whether several readings of the prompt are answered, or one
     * @return logits and predicted overlap; owned by the caller
     */
    default Prediction forward(NDArray images, Prompt prompt, boolean several) {
      try (Scope scope = Scope.open()) {
        Prediction result = decode(embed(images), prompt, several);
        scope.keep(result.logits());
        scope.keep(result.overlap());
        return result;
      }
    }

    @Override
    default Prediction predict(NDArray images, Prompt prompt, boolean several) {
      try (GradMode mode = GradMode.off()) {
        return forward(images, prompt, several);
      }
    }

    /**
     * Returns the manager that the weights hang on; arrays for the same device are made with
     * sub-managers of it.
     *
     * @return the model's manager
     */
    NDManager manager();
  }
}
