package org.safety4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OpsTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private record Case(String name, Shape shape, UnaryOperator<NDArray> op) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case matrix(String name, UnaryOperator<NDArray> op) {
    return new Case(name, new Shape(3, 4), op);
  }

  private static Case images(String name, UnaryOperator<NDArray> op) {
    return new Case(name, new Shape(2, 2, 4, 5), op);
  }

  /** A constant for the second operand, in double precision, on the first one's manager. */
  private static NDArray constant(NDArray like, long... shape) {
    return Ops.float64(Rng.of(shape.length).normal(like.getManager(), new Shape(shape)));
  }

  static Stream<Case> differentiable() {
    return Stream.of(
        matrix("float64", x -> Ops.float64(x)),
        matrix("copy", x -> Ops.copy(x)),
        matrix("clamp", x -> Ops.clamp(x, -0.5, 0.75)),
        images("mean", x -> Ops.mean(x, 1, 3)),
        matrix("maxPerSample", Ops::maxPerSample),
        matrix("logSumExp", x -> Ops.logSumExp(x, 1)),
        matrix("logSoftmax", Ops::logSoftmax),
        matrix("softmax", Ops::softmax),
        matrix("pick", x -> Ops.pick(x, x.getManager().create(new long[] {3, 0, 2}))),
        matrix("rows", x -> Ops.rows(x, 2, 0, 2)),
        matrix(
            "putRows", x -> Ops.putRows(constant(x, 5, 4), Ops.index(x.getManager(), 4, 1, 2), x)),
        matrix("where", x -> Ops.where(constant(x, 3, 4).gt(0), x, constant(x, 3, 4))),
        matrix("normL1", Ops::normL1),
        matrix("normL2", Ops::normL2),
        matrix("normLinf", Ops::normLinf),
        images("resizeBilinear", x -> Ops.resizeBilinear(x, 7, 3)),
        images("resizeBicubic", x -> Ops.resizeBicubic(x, 6, 7)),
        images("resizeNearest", x -> Ops.resizeNearest(x, 8, 5)),
        images("pad", x -> Ops.pad(x, 1, 2, 0, 1)),
        images("padReflect", x -> Ops.padReflect(x, 1, 2, 3, 1)),
        images("gridSample", x -> Ops.gridSample(x, constant(x, 2, 3, 3, 2).mul(0.5))),
        new Case(
            "gridSample by grid",
            new Shape(1, 3, 3, 2),
            g -> Ops.gridSample(constant(g, 1, 2, 4, 5), g.mul(0.3))),
        new Case("affineGrid", new Shape(2, 2, 3), t -> Ops.affineGrid(t, 1, 3, 4)),
        images("conv2d", x -> Ops.conv2d(x, constant(x, 3, 2, 3, 3), 1, 0)),
        new Case(
            "conv2d by weight",
            new Shape(2, 2, 3, 3),
            w -> Ops.conv2d(constant(w, 1, 2, 4, 4), w, 0, 1)),
        images("conv2dDepthwise", x -> Ops.conv2dDepthwise(x, constant(x, 2, 1, 3, 3), 1, 1)),
        images("convTranspose2d", x -> Ops.convTranspose2d(x, constant(x, 2, 3, 2, 2), 2, 1)),
        images("medianBlur", x -> Ops.medianBlur(x, 3)),
        new Case(
            "attention by query",
            new Shape(1, 2, 3, 4),
            q -> Ops.attention(q, constant(q, 1, 2, 5, 4), constant(q, 1, 2, 5, 4))),
        new Case(
            "attention by key",
            new Shape(1, 2, 5, 4),
            k -> Ops.attention(constant(k, 1, 2, 3, 4), k, constant(k, 1, 2, 5, 4))),
        matrix("layerNorm", x -> Ops.layerNorm(x, constant(x, 4), constant(x, 4), 1e-3)),
        images("groupNorm", x -> Ops.groupNorm(x, 2, constant(x, 2), constant(x, 2), 1e-3)),
        matrix("rmsNorm", x -> Ops.rmsNorm(x, constant(x, 4), 1e-3)),
        matrix("distances", x -> Ops.distances(x, constant(x, 5, 4))),
        matrix("topK", x -> Ops.topK(x, 2)),
        matrix("einsum", x -> Ops.einsum("bi,ij->bj", x, constant(x, 4, 2))),
        matrix("svd", x -> Linalg.svd(x).get(1)),
        matrix("qr", x -> Linalg.qr(x.transpose(1, 0)).get(1)),
        new Case("eigh", new Shape(3, 3), x -> Linalg.eigh(x.add(x.transpose(1, 0))).get(0)),
        new Case(
            "cholesky",
            new Shape(3, 3),
            x -> Linalg.cholesky(Ops.einsum("ij,kj->ik", x, x).add(identity(x, 3)))),
        new Case("solve", new Shape(3, 3), x -> Linalg.solve(x, constant(x, 3, 2))),
        matrix("pinv", Linalg::pinv));
  }

  private static NDArray identity(NDArray like, int n) {
    return Ops.float64(like.getManager().eye(n));
  }

  @ParameterizedTest
  @MethodSource("differentiable")
  void gradientMatchesFiniteDifferences(Case c) {
    NDArray x = Ops.float64(Rng.of(5).normal(manager, c.shape));
    FiniteDifferences.check(c.op, x);
  }

  @Test
  void castsStayInTheGraphWhereDjlCutsIt() {
    NDArray x = manager.create(new double[] {1, 2});
    NDArray gradient = Grad.of(z -> Ops.float32(z).mul(3), x).gradient();
    assertThat(gradient.getDataType()).isEqualTo(DataType.FLOAT64);
    assertThat(gradient.toDoubleArray()).containsExactly(3, 3);
    assertThat(Ops.int64(manager.create(new float[] {2.9f, -2.9f})).toLongArray())
        .containsExactly(2, -2);
  }

  @Test
  void roundingPassesTheGradientStraightThroughOrNotAtAll() {
    NDArray x = manager.create(new float[] {0.2f, 0.6f, 1.4f});
    ValueAndGradient straight = Grad.of(z -> Ops.roundStraightThrough(z).mul(2), x);
    assertThat(straight.value().toFloatArray()).containsExactly(0, 2, 2);
    assertThat(straight.gradient().toFloatArray()).containsExactly(2, 2, 2);
    ValueAndGradient cut = Grad.of(z -> Ops.quantise(z, 4), x);
    assertThat(cut.value().toFloatArray()).containsExactly(0.25f, 0.5f, 1.5f);
    assertThat(cut.gradient().toFloatArray()).containsOnly(0);
  }

  @Test
  void copiesDoNotShareMemory() {
    NDArray x = manager.create(new float[] {1, 2});
    NDArray copy = Ops.copy(x);
    Ops.overwrite(x, manager.create(new float[] {5, 6}));
    assertThat(copy.toFloatArray()).containsExactly(1, 2);
    assertThat(x.toFloatArray()).containsExactly(5, 6);
  }

  @Test
  void rowsAreReplacedByNumber() {
    NDArray x = manager.zeros(new Shape(3, 2));
    NDArray rows = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
    NDArray put = Ops.putRows(x, Ops.index(manager, 2, 0), rows);
    assertThat(put.toFloatArray()).containsExactly(3, 4, 0, 0, 1, 2);
    assertThat(x.toFloatArray()).containsOnly(0);
    Ops.overwriteRows(x, Ops.index(manager, 1), Ops.rows(rows, 1));
    assertThat(x.toFloatArray()).containsExactly(0, 0, 3, 4, 0, 0);
  }

  @Test
  void normsOfKnownVectors() {
    NDArray x = manager.create(new float[] {3, -4, 0, 0, 0, 1}, new Shape(2, 3));
    assertThat(Ops.normL0(x).toFloatArray()).containsExactly(2, 1);
    assertThat(Ops.normL1(x).toFloatArray()).containsExactly(7, 1);
    assertThat(Ops.normL2(x).toFloatArray()).containsExactly(5, 1);
    assertThat(Ops.normLinf(x).toFloatArray()).containsExactly(4, 1);
  }

  @Test
  void resizingFollowsPyTorchWithoutAntialiasing() {
    // Half-pixel centres: the middle of two pixels is their mean, the ends repeat the border.
    NDArray x = manager.create(new float[] {0, 1}, new Shape(1, 1, 1, 2));
    assertThat(Ops.resizeBilinear(x, 1, 4).toFloatArray()).containsExactly(0, 0.25f, 0.75f, 1);
    NDArray wide = manager.create(new float[] {0, 9, 0, 9}, new Shape(1, 1, 1, 4));
    assertThat(Ops.resizeNearest(wide, 1, 2).toFloatArray()).containsExactly(0, 0);
    assertThat(Ops.resizeBilinear(wide, 1, 2).toFloatArray()).containsExactly(4.5f, 4.5f);
  }

  @Test
  void medianIgnoresOneOutlier() {
    float[] pixels = new float[25];
    pixels[12] = 1;
    NDArray x = manager.create(pixels, new Shape(1, 1, 5, 5));
    assertThat(Ops.medianBlur(x, 3).toFloatArray()).containsOnly(0);
    assertThat(Ops.medianBlur(x, 1).toFloatArray()).containsExactly(pixels);
    assertThat(Ops.medianBlur(x, 2).getShape()).isEqualTo(x.getShape());
  }

  @Test
  void identityMapSamplesTheImageItself() {
    NDArray x = Rng.of(1).uniform(manager, new Shape(2, 3, 4, 5), 0, 1);
    NDArray theta =
        manager.create(new float[] {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0}, new Shape(2, 2, 3));
    assertThat(Ops.gridSample(x, Ops.affineGrid(theta, 3, 4, 5)).toFloatArray())
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(x.toFloatArray());
  }

  @Test
  void attentionOfEqualKeysAveragesTheValues() {
    NDArray q = Rng.of(1).normal(manager, new Shape(1, 1, 2, 3));
    NDArray k = manager.ones(new Shape(1, 1, 4, 3));
    NDArray v = manager.create(new float[] {1, 2, 3, 6}, new Shape(1, 1, 4, 1));
    assertThat(Ops.attention(q, k, v).toFloatArray())
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(3, 3);
  }

  @Test
  void samplesWithZeroOrBadEntriesAreFound() {
    NDArray x =
        manager.create(
            new float[] {0, 0, 0, 1e-30f, Float.NaN, 0, Float.POSITIVE_INFINITY, 1},
            new Shape(4, 2));
    assertThat(Ops.anyNonZero(x).toBooleanArray()).containsExactly(false, true, true, true);
    assertThat(Ops.anyNotFinite(x).toBooleanArray()).containsExactly(false, false, true, true);
    assertThat(Ops.isFinite(x)).isFalse();
    assertThat(Ops.isFinite(Ops.rows(x, 0, 1))).isTrue();
  }

  @Test
  void topEntriesComeInFallingOrder() {
    NDArray x = manager.create(new float[] {1, 5, 3, 9, 2, 4}, new Shape(2, 3));
    assertThat(Ops.topK(x, 2).toFloatArray()).containsExactly(5, 3, 9, 4);
    assertThat(Ops.topKIndices(x, 2).toLongArray()).containsExactly(1, 2, 0, 2);
  }

  @Test
  void linearAlgebraGivesTheMatrixBack() {
    NDArray a = Rng.of(2).normal(manager, new Shape(4, 3));
    var usv = Linalg.svd(a);
    NDArray back = Ops.einsum("ik,kj->ij", usv.get(0).mul(usv.get(1)), usv.get(2));
    assertThat(back.toFloatArray())
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(a.toFloatArray());
    NDArray unit = Ops.einsum("ij,jk->ik", Linalg.pinv(a), a);
    assertThat(unit.sub(manager.eye(3)).abs().max().getFloat()).isCloseTo(0, offset(1e-5f));
  }

  @Test
  void einsumTakesEquationsOnly() {
    NDArray a = manager.ones(new Shape(2, 2));
    assertThatThrownBy(() -> Ops.einsum("ij,jk->ik\", [a, b]) + exit(\"", a, a))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void leavesNothingBehind() {
    NDArray x = Rng.of(1).uniform(manager, new Shape(2, 3, 4, 4), 0, 1);
    NDArray weight = manager.ones(new Shape(3));
    Runnable everything =
        () -> {
          Ops.clamp(x, 0, 1).close();
          Ops.mean(x, 1, 2).close();
          Ops.rows(x, 1).close();
          Ops.resizeBilinear(x, 2, 2).close();
          Ops.medianBlur(x, 3).close();
          Ops.groupNorm(x, 3, weight, weight, 1e-5).close();
          Ops.quantise(x, 255).close();
          Ops.isFinite(x);
        };
    everything.run();
    int before = Tensors.liveArrays();
    everything.run();
    assertThat(Tensors.liveArrays()).isEqualTo(before);
  }
}
