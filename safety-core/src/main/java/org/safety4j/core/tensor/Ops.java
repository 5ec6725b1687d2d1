package org.safety4j.core.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Operators that DJL lacks or that cut its graph. Each is differentiable where that makes sense,
 * leaks nothing, and leaves its result on the first argument's manager.
 */
public final class Ops {
  private static final Map<String, TorchProgram> EINSUMS = new ConcurrentHashMap<>();

  private Ops() {}

  private static final class Holder {
    static final TorchProgram PROGRAM = TorchProgram.resource(Ops.class, "ops.torch.py", Map.of());
  }

  private static NDArray call(String op, Object... arguments) {
    return Holder.PROGRAM.one(op, arguments);
  }

  private static NDArray withInts(String op, NDArray x, long... values) {
    try (NDArray ints = x.getManager().create(values)) {
      return call(op, x, ints);
    }
  }

  private static NDArray withInt(String op, NDArray x, long value) {
    try (NDArray n = x.getManager().create(value)) {
      return call(op, x, n);
    }
  }

  /**
   * Converts to float32 within the graph.
   *
   * @param x any array
   * @return float32, the same array's values
   */
  public static NDArray float32(NDArray x) {
    return call("cast_float32", x);
  }

  /**
   * Converts to float64 within the graph.
   *
   * @param x any array
   * @return float64
   */
  public static NDArray float64(NDArray x) {
    return call("cast_float64", x);
  }

  /**
   * Converts to int64; fractions are cut off.
   *
   * @param x any array
   * @return int64
   */
  public static NDArray int64(NDArray x) {
    return call("cast_int64", x);
  }

  /**
   * Copies within the graph.
   *
   * @param x any array
   * @return a copy in memory of its own
   */
  public static NDArray copy(NDArray x) {
    return call("copy", x);
  }

  /**
   * Limits values to a range.
   *
   * @param x any float array
   * @param low lower bound
   * @param high upper bound
   * @return the limited values
   */
  public static NDArray clamp(NDArray x, double low, double high) {
    NDManager m = x.getManager();
    try (NDArray lo = m.create((float) low);
        NDArray hi = m.create((float) high)) {
      return call("clamp", x, lo, hi);
    }
  }

  /**
   * Averages over axes, which are dropped.
   *
   * @param x any float array
   * @param axes the axes
   * @return the means
   */
  public static NDArray mean(NDArray x, long... axes) {
    return withInts("mean_axes", x, axes);
  }

  /**
   * Takes the maximum of each sample.
   *
   * @param x {@code [N, ...]}
   * @return {@code [N]}
   */
  public static NDArray maxPerSample(NDArray x) {
    return call("max_from", x);
  }

  /**
   * Computes the logarithm of a sum of exponentials along an axis, which is dropped.
   *
   * @param x any float array
   * @param axis the axis
   * @return the log-sum-exp
   */
  public static NDArray logSumExp(NDArray x, long axis) {
    return withInt("logsumexp", x, axis);
  }

  /**
   * Normalises logits to log-probabilities along the last axis.
   *
   * @param logits {@code [..., K]}
   * @return log-probabilities
   */
  public static NDArray logSoftmax(NDArray logits) {
    return call("log_softmax", logits);
  }

  /**
   * Normalises logits to probabilities along the last axis.
   *
   * @param logits {@code [..., K]}
   * @return probabilities
   */
  public static NDArray softmax(NDArray logits) {
    return call("softmax", logits);
  }

  /**
   * Picks one entry of the last axis a row.
   *
   * @param x {@code [..., K]}
   * @param index int64 {@code [...]}
   * @return {@code [...]}
   */
  public static NDArray pick(NDArray x, NDArray index) {
    return call("pick", x, index);
  }

  /**
   * Selects rows.
   *
   * @param x {@code [N, ...]}
   * @param index int64 {@code [M]}
   * @return {@code [M, ...]}
   */
  public static NDArray rows(NDArray x, NDArray index) {
    return call("rows", x, index);
  }

  /**
   * Selects rows.
   *
   * @param x {@code [N, ...]}
   * @param index the rows' numbers
   * @return {@code [M, ...]}
   */
  public static NDArray rows(NDArray x, int... index) {
    try (NDArray ids = Ops.index(x.getManager(), index)) {
      return call("rows", x, ids);
    }
  }

  /**
   * Uploads row numbers.
   *
   * @param manager the manager
   * @param index the numbers
   * @return int64 {@code [M]}
   */
  public static NDArray index(NDManager manager, int... index) {
    long[] ids = new long[index.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = index[i];
    }
    return manager.create(ids);
  }

  /**
   * Returns a copy in which some rows are replaced.
   *
   * @param x {@code [N, ...]}
   * @param index int64 {@code [M]}, distinct
   * @param rows {@code [M, ...]}
   * @return {@code [N, ...]}
   */
  public static NDArray putRows(NDArray x, NDArray index, NDArray rows) {
    return call("put_rows", x, index, rows);
  }

  /**
   * Overwrites an array's memory. Not for arrays in a graph.
   *
   * @param target what is overwritten
   * @param value the new values, in a shape that broadcasts
   */
  public static void overwrite(NDArray target, NDArray value) {
    call("overwrite", target, value).close();
  }

  /**
   * Overwrites some rows of an array's memory. Not for arrays in a graph.
   *
   * @param target {@code [N, ...]}
   * @param index int64 {@code [M]}, distinct
   * @param rows {@code [M, ...]}
   */
  public static void overwriteRows(NDArray target, NDArray index, NDArray rows) {
    call("overwrite_rows", target, index, rows).close();
  }

  /**
   * Chooses between two arrays, with broadcasting.
   *
   * @param condition boolean
   * @param x where true
   * @param y where false
   * @return the choice
   */
  public static NDArray where(NDArray condition, NDArray x, NDArray y) {
    return call("where", condition, x, y);
  }

  /**
   * Computes the L1 norm of each sample.
   *
   * @param x {@code [N, ...]}
   * @return {@code [N]}
   */
  public static NDArray normL1(NDArray x) {
    return call("norm_l1", x);
  }

  /**
   * Computes the L2 norm of each sample.
   *
   * @param x {@code [N, ...]}
   * @return {@code [N]}
   */
  public static NDArray normL2(NDArray x) {
    return call("norm_l2", x);
  }

  /**
   * Computes the largest absolute value of each sample.
   *
   * @param x {@code [N, ...]}
   * @return {@code [N]}
   */
  public static NDArray normLinf(NDArray x) {
    return call("norm_linf", x);
  }

  /**
   * Counts the entries of each sample that are not zero.
   *
   * @param x {@code [N, ...]}
   * @return float32 {@code [N]}
   */
  public static NDArray normL0(NDArray x) {
    return call("norm_l0", x);
  }

  /**
   * Resizes images bilinearly, as PyTorch's {@code interpolate} does without antialiasing and
   * without aligned corners.
   *
   * @param images {@code [N, C, H, W]}
   * @param height new height
   * @param width new width
   * @return {@code [N, C, height, width]}
   */
  public static NDArray resizeBilinear(NDArray images, int height, int width) {
    return withInts("resize_bilinear", images, height, width);
  }

  /**
   * Resizes images bicubically, without antialiasing and without aligned corners.
   *
   * @param images {@code [N, C, H, W]}
   * @param height new height
   * @param width new width
   * @return {@code [N, C, height, width]}
   */
  public static NDArray resizeBicubic(NDArray images, int height, int width) {
    return withInts("resize_bicubic", images, height, width);
  }

  /**
   * Resizes images by taking the nearest pixel.
   *
   * @param images {@code [N, C, H, W]}
   * @param height new height
   * @param width new width
   * @return {@code [N, C, height, width]}
   */
  public static NDArray resizeNearest(NDArray images, int height, int width) {
    return withInts("resize_nearest", images, height, width);
  }

  /**
   * Pads images with zeros.
   *
   * @param images {@code [N, C, H, W]}
   * @param left columns before
   * @param right columns after
   * @param top rows above
   * @param bottom rows below
   * @return the padded images
   */
  public static NDArray pad(NDArray images, int left, int right, int top, int bottom) {
    return withInts("pad", images, left, right, top, bottom);
  }

  /**
   * Pads images by reflection.
   *
   * @param images {@code [N, C, H, W]}
   * @param left columns before, less than the width
   * @param right columns after, less than the width
   * @param top rows above, less than the height
   * @param bottom rows below, less than the height
   * @return the padded images
   */
  public static NDArray padReflect(NDArray images, int left, int right, int top, int bottom) {
    return withInts("pad_reflect", images, left, right, top, bottom);
  }

  /**
   * Samples images bilinearly at points; outside is zero.
   *
   * @param images {@code [N, C, H, W]}
   * @param grid {@code [N, H', W', 2]}, (x, y) with -1 and 1 at the outer edges of the border
   *     pixels
   * @return {@code [N, C, H', W']}
   */
  public static NDArray gridSample(NDArray images, NDArray grid) {
    return call("grid_sample", images, grid);
  }

  /**
   * Makes the grid of an affine map, for {@link #gridSample}.
   *
   * @param theta {@code [N, 2, 3]}
   * @param channels channels of the images
   * @param height height of the result
   * @param width width of the result
   * @return {@code [N, height, width, 2]}
   */
  public static NDArray affineGrid(NDArray theta, int channels, int height, int width) {
    return withInts("affine_grid", theta, theta.getShape().get(0), channels, height, width);
  }

  /**
   * Convolves with stride 1.
   *
   * @param x {@code [N, C, H, W]}
   * @param weight {@code [O, C, KH, KW]}
   * @param padY zero rows on either side
   * @param padX zero columns on either side
   * @return {@code [N, O, H', W']}
   */
  public static NDArray conv2d(NDArray x, NDArray weight, int padY, int padX) {
    try (NDArray padding = x.getManager().create(new long[] {padY, padX})) {
      return call("conv2d", x, weight, padding);
    }
  }

  /**
   * Convolves every channel with its own kernel, stride 1.
   *
   * @param x {@code [N, C, H, W]}
   * @param weight {@code [C, 1, KH, KW]}
   * @param padY zero rows on either side
   * @param padX zero columns on either side
   * @return {@code [N, C, H', W']}
   */
  public static NDArray conv2dDepthwise(NDArray x, NDArray weight, int padY, int padX) {
    try (NDArray padding = x.getManager().create(new long[] {padY, padX})) {
      return call("conv2d_depthwise", x, weight, padding);
    }
  }

  /**
   * Convolves, transposed.
   *
   * @param x {@code [N, C, H, W]}
   * @param weight {@code [C, O, KH, KW]}
   * @param strideY rows between kernels
   * @param strideX columns between kernels
   * @return {@code [N, O, H', W']}
   */
  public static NDArray convTranspose2d(NDArray x, NDArray weight, int strideY, int strideX) {
    try (NDArray stride = x.getManager().create(new long[] {strideY, strideX})) {
      return call("conv_transpose2d", x, weight, stride);
    }
  }

  /**
   * Replaces every pixel by the median of a square around it, with reflected borders.
   *
   * @param images {@code [N, C, H, W]}
   * @param width side of the square, at least 1; of an even square the extra row and column lie
   *     after the pixel
   * @return the filtered images
   */
  public static NDArray medianBlur(NDArray images, int width) {
    return withInt("median_blur", images, width);
  }

  /**
   * Scaled dot-product attention.
   *
   * @param q {@code [B, H, T, D]}
   * @param k {@code [B, H, S, D]}
   * @param v {@code [B, H, S, D]}
   * @return {@code [B, H, T, D]}
   */
  public static NDArray attention(NDArray q, NDArray k, NDArray v) {
    return call("attention", q, k, v);
  }

  /**
   * Normalises the last axis to mean 0 and variance 1, then scales and shifts.
   *
   * @param x {@code [..., D]}
   * @param weight {@code [D]}
   * @param bias {@code [D]}
   * @param eps added to the variance
   * @return the normalised array
   */
  public static NDArray layerNorm(NDArray x, NDArray weight, NDArray bias, double eps) {
    try (NDArray e = x.getManager().create(eps)) {
      return call("layer_norm", x, weight, bias, e);
    }
  }

  /**
   * Normalises groups of channels.
   *
   * @param x {@code [N, C, ...]}
   * @param groups how many groups, a divisor of C
   * @param weight {@code [C]}
   * @param bias {@code [C]}
   * @param eps added to the variance
   * @return the normalised array
   */
  public static NDArray groupNorm(NDArray x, int groups, NDArray weight, NDArray bias, double eps) {
    try (NDArray g = x.getManager().create((long) groups);
        NDArray e = x.getManager().create(eps)) {
      return call("group_norm", x, g, weight, bias, e);
    }
  }

  /**
   * Divides the last axis by its root mean square.
   *
   * @param x {@code [..., D]}
   * @param weight {@code [D]}
   * @param eps added to the mean square
   * @return the normalised array
   */
  public static NDArray rmsNorm(NDArray x, NDArray weight, double eps) {
    try (NDArray e = x.getManager().create(eps)) {
      return call("rms_norm", x, weight, e);
    }
  }

  /**
   * Rounds, with the identity as gradient.
   *
   * @param x any float array
   * @return the rounded values
   */
  public static NDArray roundStraightThrough(NDArray x) {
    return call("round_straight_through", x);
  }

  /**
   * Rounds [0, 1] to evenly spaced levels; its gradient is zero.
   *
   * @param x any float array
   * @param steps number of levels less one, 255 for 8 bits
   * @return the quantised values
   */
  public static NDArray quantise(NDArray x, int steps) {
    try (NDArray levels = x.getManager().create((float) steps)) {
      return call("quantise", x, levels);
    }
  }

  /**
   * Tells whether every entry is finite.
   *
   * @param x any float array
   * @return false if there is a NaN or an infinity
   */
  public static boolean isFinite(NDArray x) {
    try (NDArray all = call("finite", x)) {
      return all.getBoolean();
    }
  }

  /**
   * Tells which samples have an entry that is not zero.
   *
   * @param x {@code [N, ...]}
   * @return boolean {@code [N]}
   */
  public static NDArray anyNonZero(NDArray x) {
    return call("any_nonzero", x);
  }

  /**
   * Tells which samples have an entry that is not finite.
   *
   * @param x {@code [N, ...]}
   * @return boolean {@code [N]}
   */
  public static NDArray anyNotFinite(NDArray x) {
    return call("any_nan", x);
  }

  /**
   * Computes Euclidean distances between all rows of two matrices.
   *
   * @param a {@code [N, D]}
   * @param b {@code [M, D]}
   * @return {@code [N, M]}
   */
  public static NDArray distances(NDArray a, NDArray b) {
    return call("cdist", a, b);
  }

  /**
   * Takes the largest entries of the last axis, in falling order.
   *
   * @param x {@code [..., K]}
   * @param k how many
   * @return {@code [..., k]}
   */
  public static NDArray topK(NDArray x, int k) {
    return withInt("topk_values", x, k);
  }

  /**
   * Takes the places of the largest entries of the last axis, in falling order.
   *
   * @param x {@code [..., K]}
   * @param k how many
   * @return int64 {@code [..., k]}
   */
  public static NDArray topKIndices(NDArray x, int k) {
    return withInt("topk_indices", x, k);
  }

  /**
   * Sums products of two arrays by Einstein's convention.
   *
   * @param equation for instance {@code "bij,bjk->bik"}
   * @param a first operand
   * @param b second operand
   * @return the result
   * @throws IllegalArgumentException if the equation has other characters than letters, commas,
   *     dots and an arrow
   */
  public static NDArray einsum(String equation, NDArray a, NDArray b) {
    if (!equation.matches("[a-zA-Z.,> -]+")) {
      throw new IllegalArgumentException("not an einsum equation: " + equation);
    }
    TorchProgram program =
        EINSUMS.computeIfAbsent(
            equation,
            e ->
                TorchProgram.compile(
                    "einsum " + e,
                    "def run(self, a: Tensor, b: Tensor) -> Tensor:\n"
                        + "  return torch.einsum(\"${equation}\", [a, b])\n",
                    Map.of("equation", e)));
    return program.one("run", a, b);
  }
}
