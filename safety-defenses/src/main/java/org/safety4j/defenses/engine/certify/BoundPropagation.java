package org.safety4j.defenses.engine.certify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.metric.CertifiedCurve;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Bounds what a small network can answer on boxes around images, and certifies what no change of
 * the image within an Linf ball can change.
 *
 * <p><b>Source</b>: S. Gowal and others, "On the Effectiveness of Interval Bound Propagation for
 * Training Verifiably Robust Models", 2018; H. Zhang, T.-W. Weng, P.-Y. Chen, C.-J. Hsieh and L.
 * Daniel, "Efficient Neural Network Robustness Certification with General Activation Functions",
 * Advances in Neural Information Processing Systems, 2018.
 *
 * <p><b>Deviations</b>: float32 without outward rounding, so a margin counts as certified only
 * above {@value #SLACK}; linear relaxations are met with intervals, which are never wider.
 */
public final class BoundPropagation {
  /** What a bound must exceed to count, for the sake of rounding. */
  public static final double SLACK = 1e-4;

  private static final int ROWS_AT_ONCE = 256;
  private static final int BISECTIONS = 16;

  private BoundPropagation() {}

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(BoundPropagation.class, "bounds.torch.py", Map.of());
  }

  /**
   * Bounds every layer's output by intervals. Differentiable.
   *
   * @param network the network
   * @param input bounds of the images
   * @return bounds of the input, then of every layer's output
   */
  public static List<Box> intervals(LayeredNetwork network, Box input) {
    List<Box> bounds = new ArrayList<>(List.of(input));
    for (Layer layer : network.network()) {
      bounds.add(interval(layer, bounds.get(bounds.size() - 1)));
    }
    return bounds;
  }

  private static Box interval(Layer layer, Box box) {
    if (layer instanceof Layer.Relu || layer instanceof Layer.Flatten) {
      return new Box(
          LayerPrograms.apply(layer, box.lower()), LayerPrograms.apply(layer, box.upper()));
    }
    NDArray center = box.lower().add(box.upper()).mul(0.5f);
    NDArray radius = box.upper().sub(box.lower()).mul(0.5f);
    NDArray moved = LayerPrograms.apply(layer, center);
    NDArray wide = LayerPrograms.radius(layer, radius);
    return new Box(moved.sub(wide), moved.add(wide));
  }

  /**
   * Bounds from below by how much the label's logit exceeds each other one. Differentiable.
   *
   * @param network the network
   * @param input bounds of the images
   * @param labels int64 {@code [N]}
   * @param method how
   * @return {@code [N, K]}, 0 at the label
   */
  public static NDArray margins(
      LayeredNetwork network, Box input, NDArray labels, BoundMethod method) {
    List<Box> bounds = intervals(network, input);
    if (method == BoundMethod.CROWN) {
      bounds = refined(network, bounds);
    }
    NDArray differences = differences(labels, network.classes());
    int layers = network.network().size();
    NDArray last = lower(network, layers, layers - 1, differences, bounds);
    if (method == BoundMethod.INTERVAL) {
      return last;
    }
    return last.maximum(lower(network, layers, 0, differences, bounds));
  }

  /** Rows that subtract each logit from the label's: {@code [N, K, K]}. */
  private static NDArray differences(NDArray labels, int classes) {
    NDArray own = labels.oneHot(classes, DataType.FLOAT32).expandDims(1);
    return own.sub(labels.getManager().eye(classes).expandDims(0));
  }

  /**
   * Bounds linear functions of a layer's output from below.
   *
   * @param to the number of layers that the functions look through
   * @param from the layer whose input's box the bound is taken on
   * @param functions {@code [N, R, ...]}
   * @param bounds boxes of every layer's input
   */
  private static NDArray lower(
      LayeredNetwork network, int to, int from, NDArray functions, List<Box> bounds) {
    NDArray a = functions;
    NDArray constant = null;
    for (int i = to - 1; i >= from; i--) {
      Layer layer = network.network().get(i);
      NDArray more = null;
      if (layer instanceof Layer.Relu) {
        Box box = bounds.get(i);
        NDList relaxed = Holder.PROGRAM.all("relu_back", a, box.lower(), box.upper());
        a = relaxed.get(0);
        more = relaxed.get(1);
      } else {
        if (!(layer instanceof Layer.Flatten)) {
          more = LayerPrograms.constant(layer, a);
        }
        a = LayerPrograms.back(layer, a, network.shapes().get(i));
      }
      if (more != null) {
        constant = constant == null ? more : constant.add(more);
      }
    }
    Box box = bounds.get(from);
    NDArray least = Holder.PROGRAM.one("concrete", a, box.lower(), box.upper());
    return constant == null ? least : least.add(constant);
  }

  /** Tightens the bounds of what enters rectified units by linear relaxation, front to back. */
  private static List<Box> refined(LayeredNetwork network, List<Box> intervals) {
    List<Box> bounds = new ArrayList<>(List.of(intervals.get(0)));
    for (int i = 0; i < network.network().size(); i++) {
      Layer layer = network.network().get(i);
      if (layer instanceof Layer.Relu && i > 0) {
        bounds.set(i, bounds.get(i).meet(relaxed(network, i, bounds)));
      }
      bounds.add(interval(layer, bounds.get(i)));
    }
    return bounds;
  }

  private static Box relaxed(LayeredNetwork network, int layer, List<Box> bounds) {
    NDArray like = bounds.get(layer).lower();
    NDManager m = like.getManager();
    int n = Math.toIntExact(like.getShape().get(0));
    int units = Math.toIntExact(like.getShape().slice(1).size());
    NDList lower = new NDList();
    NDList upper = new NDList();
    for (int from = 0; from < units; from += ROWS_AT_ONCE) {
      int rows = Math.min(ROWS_AT_ONCE, units - from);
      float[] picks = new float[rows * units];
      for (int r = 0; r < rows; r++) {
        picks[r * units + from + r] = 1;
      }
      Shape shape = new Shape(1, rows).addAll(like.getShape().slice(1));
      NDArray functions = m.create(picks, shape).repeat(0, n);
      lower.add(lower(network, layer, 0, functions, bounds));
      upper.add(lower(network, layer, 0, functions.neg(), bounds).neg());
    }
    return new Box(
        NDArrays.concat(lower, 1).reshape(like.getShape()),
        NDArrays.concat(upper, 1).reshape(like.getShape()));
  }

  /**
   * Certifies images in balls of one radius.
   *
   * @param network the network; stays the caller's
   * @param images images with their true classes; stays the caller's
   * @param epsilon radius of the Linf ball, at least 0
   * @param method how
   * @return whether no image in the ball and in [0, 1] gets another class than the true one
   */
  public static boolean[] certified(
      LayeredNetwork network, LabeledImages images, double epsilon, BoundMethod method) {
    Require.inRange("epsilon", epsilon, 0, 1);
    double[] radii = new double[images.size()];
    java.util.Arrays.fill(radii, epsilon);
    return holds(network, images, radii, method);
  }

  private static boolean[] holds(
      LayeredNetwork network, LabeledImages images, double[] epsilon, BoundMethod method) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDManager m = images.manager();
      float[] radii = new float[epsilon.length];
      for (int i = 0; i < radii.length; i++) {
        radii[i] = (float) epsilon[i];
      }
      Box box = Box.linf(images.images(), m.create(radii, new Shape(radii.length, 1, 1, 1)));
      float[] margins = margins(network, box, images.labelArray(), method).toFloatArray();
      int[] labels = images.labels();
      boolean[] holds = new boolean[labels.length];
      for (int i = 0; i < labels.length; i++) {
        holds[i] = true;
        for (int k = 0; k < network.classes(); k++) {
          holds[i] &= k == labels[i] || margins[i * network.classes() + k] > SLACK;
        }
      }
      return holds;
    }
  }

  /**
   * Finds how far each image is certified, by bisection.
   *
   * @param network the network; stays the caller's
   * @param images images with their true classes; stays the caller's
   * @param method how
   * @param run budget and cancellation
   * @return an Linf radius an image, at most 1; 0 where the model is wrong
   * @throws org.safety4j.core.error.BudgetExceeded if the run's time is used up
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   */
  public static double[] radii(
      LayeredNetwork network, LabeledImages images, BoundMethod method, Run run) {
    int n = images.size();
    double[] low = new double[n];
    double[] high = new double[n];
    java.util.Arrays.fill(high, 1);
    boolean[] right = holds(network, images, low, method);
    for (int step = 0; step < BISECTIONS; step++) {
      run.check();
      double[] middle = new double[n];
      for (int i = 0; i < n; i++) {
        middle[i] = (low[i] + high[i]) / 2;
      }
      boolean[] holds = holds(network, images, middle, method);
      for (int i = 0; i < n; i++) {
        if (holds[i]) {
          low[i] = middle[i];
        } else {
          high[i] = middle[i];
        }
      }
    }
    for (int i = 0; i < n; i++) {
      low[i] = right[i] ? low[i] : 0;
    }
    return low;
  }

  /**
   * Computes certified accuracy as a function of the Linf radius.
   *
   * @param network the network; stays the caller's
   * @param images images with their true classes; stays the caller's
   * @param method how
   * @param run budget and cancellation
   * @return the curve over all images
   */
  public static CertifiedCurve curve(
      LayeredNetwork network, LabeledImages images, BoundMethod method, Run run) {
    boolean[] all = new boolean[images.size()];
    java.util.Arrays.fill(all, true);
    return CertifiedCurve.of(radii(network, images, method, run), all, "images");
  }
}
