package org.safety4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

class DenseTest {
  private static final String CALLS =
      """
      def layer(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return self.dense(x, w, b)

      def bare(self, x: Tensor, w: Tensor) -> Tensor:
        return self.dense(x, w, None)

      def residual(self, r: Tensor, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return self.onto(r, x, w, b)

      def gated(self, x: Tensor, w: Tensor) -> Tensor:
        return self.swiglu(x, w)

      def first(self, w: Tensor, c: Tensor) -> Tensor:
        return self.across(w, c)

      def perceptron(self, c: Tensor, up: Tensor, down: Tensor) -> Tensor:
        return self.swiglu_columns(c, up, down)
      """;

  private final NDManager manager = Tensors.newManager();

  @BeforeEach
  void seed() {
    manager.getEngine().setRandomSeed(3);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static TorchProgram program(String resource) {
    return TorchProgram.compile(resource, Dense.read(resource) + CALLS, Map.of());
  }

  private NDArray random(long... shape) {
    return manager.randomNormal(new Shape(shape));
  }

  private static float distance(NDArray a, NDArray b) {
    return a.sub(b).abs().max().getFloat();
  }

  @ParameterizedTest
  @CsvSource({
    "dense-anywhere.torch.py, 2, 12, 24",
    "dense-onednn.torch.py, 2, 12, 24",
    "dense-anywhere.torch.py, 4, 12, 24",
    "dense-onednn.torch.py, 4, 12, 24",
    "dense-anywhere.torch.py, 150, 12, 24",
    "dense-onednn.torch.py, 150, 12, 24",
    "dense-onednn.torch.py, 150, 24, 12",
  })
  void bothWaysGiveWhatTheFormulaSays(String resource, int tokens, int in, int out) {
    try (TorchProgram program = program(resource)) {
      NDArray x = random(2, tokens, in);
      NDArray w = random(out, in);
      NDArray b = random(out);
      NDArray product = x.matMul(w.transpose());
      assertThat(distance(program.one("bare", x, w), product)).isLessThan(1e-5f);
      assertThat(distance(program.one("layer", x, w, b), product.add(b))).isLessThan(1e-5f);
      NDArray crossed = random(2, out, tokens).transpose(0, 2, 1);
      NDArray before = crossed.duplicate();
      assertThat(distance(program.one("residual", crossed, x, w, b), product.add(b).add(before)))
          .isLessThan(1e-5f);
      assertThat(distance(crossed, before)).isZero();
      NDArray gate = product.get(":, :, :" + out / 2);
      NDArray silu = gate.div(gate.neg().exp().add(1));
      assertThat(
              distance(program.one("gated", x, w), silu.mul(product.get(":, :, " + out / 2 + ":"))))
          .isLessThan(1e-4f);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dense-anywhere.torch.py, 1",
    "dense-onednn.torch.py, 1",
    "dense-anywhere.torch.py, 4",
    "dense-onednn.torch.py, 4",
    "dense-anywhere.torch.py, 40",
    "dense-onednn.torch.py, 40",
  })
  void weightsFirstGivesTheSameAcross(String resource, int rows) {
    try (TorchProgram program = program(resource)) {
      NDArray x = random(rows, 12);
      NDArray up = random(20, 12);
      NDArray down = random(6, 10);
      NDArray product = x.matMul(up.transpose());
      NDArray columns = x.transpose();
      assertThat(distance(program.one("first", up, columns).transpose(), product))
          .isLessThan(1e-5f);
      NDArray gate = product.get(":, :10");
      NDArray hidden = gate.div(gate.neg().exp().add(1)).mul(product.get(":, 10:"));
      NDArray expected = hidden.matMul(down.transpose());
      assertThat(distance(program.one("perceptron", columns, up, down).transpose(), expected))
          .isLessThan(1e-4f);
      NDArray g = Grad.of(c -> program.one("perceptron", c, up, down).sum(), columns).gradient();
      double h = 1e-2;
      NDArray step = random(12, rows);
      NDArray above = program.one("perceptron", columns.add(step.mul(h)), up, down).sum();
      NDArray below = program.one("perceptron", columns.sub(step.mul(h)), up, down).sum();
      double slope = (above.getFloat() - below.getFloat()) / (2 * h);
      assertThat((double) g.mul(step).sum().getFloat())
          .isCloseTo(slope, within(1e-2 * Math.max(1, Math.abs(slope))));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {Dense.ANYWHERE, Dense.ONE_DNN})
  void gradientsFlowThroughManyRows(String resource) {
    try (TorchProgram program = program(resource)) {
      NDArray x = random(1, 400, 8);
      NDArray w = random(16, 8);
      NDArray b = random(16);
      NDArray r = random(1, 400, 16);
      NDArray ones = manager.ones(new Shape(1, 400, 16));
      NDArray expected = ones.matMul(w);
      assertThat(
              distance(Grad.of(y -> program.one("layer", y, w, b).sum(), x).gradient(), expected))
          .isLessThan(1e-5f);
      assertThat(
              distance(
                  Grad.of(y -> program.one("residual", r, y, w, b).sum(), x).gradient(), expected))
          .isLessThan(1e-5f);
      assertThat(
              distance(Grad.of(y -> program.one("residual", y, x, w, b).sum(), r).gradient(), ones))
          .isZero();
      assertThat(
              distance(
                  Grad.of(y -> program.one("layer", x, w, y).sum(), b).gradient(),
                  manager.full(new Shape(16), 400f)))
          .isLessThan(1e-3f);
    }
  }

  @Test
  void otherPrecisionsAreMultipliedToo() {
    try (TorchProgram program = program(Dense.ONE_DNN)) {
      NDArray x = random(1, 300, 4).toType(DataType.FLOAT64, true);
      NDArray w = random(8, 4).toType(DataType.FLOAT64, true);
      NDArray product = program.one("bare", x, w);
      assertThat(product.getDataType()).isEqualTo(DataType.FLOAT64);
      assertThat(product.sub(x.matMul(w.transpose())).abs().max().getDouble()).isLessThan(1e-12);
    }
  }

  @Test
  void theTextIsThatOfTheLoadedLibrary() {
    assertThat(Dense.text()).isIn(Dense.read(Dense.ANYWHERE), Dense.read(Dense.ONE_DNN));
  }
}
