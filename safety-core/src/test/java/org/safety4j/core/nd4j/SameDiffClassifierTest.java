package org.safety4j.core.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Linalg;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class SameDiffClassifierTest {
  private final NDManager manager = Tensors.newManager();
  private final NDArray images = Rng.of(3).uniform(manager, new Shape(5, 1, 2, 2), 0, 1);
  private final NDArray w1 = Rng.of(4).normal(manager, new Shape(4, 6));
  private final NDArray w2 = Rng.of(5).normal(manager, new Shape(6, 3));

  @AfterEach
  void free() {
    manager.close();
  }

  private SameDiffClassifier twoLayers() {
    SameDiff sd = SameDiff.create();
    SDVariable in = sd.placeHolder("images", DataType.FLOAT, -1, 1, 2, 2);
    SDVariable hidden =
        sd.math().tanh("hidden", in.reshape(-1, 4).mmul(sd.var("w1", Nd4jArrays.copy(w1))));
    hidden.mmul("logits", sd.var("w2", Nd4jArrays.copy(w2)));
    return SameDiffClassifier.of("mlp", sd, "images", "logits", new Shape(1, 2, 2), 3);
  }

  private NDArray reference(NDArray x) {
    return x.reshape(-1, 4).matMul(w1).tanh().matMul(w2);
  }

  @Test
  void logitsAndGradientsAgreeWithTheOtherEngine() {
    NDArray cotangent = Rng.of(6).normal(manager, new Shape(5, 3));
    try (SameDiffClassifier model = twoLayers();
        Linearized at = model.linearize(images)) {
      assertThat(at.logits().toFloatArray())
          .containsExactly(reference(images).toFloatArray(), within(1e-5f));
      NDArray expected = Grad.of(x -> reference(x).mul(cotangent).sum(), images).gradient();
      for (int i = 0; i < 2; i++) {
        assertThat(at.pullback(cotangent).toFloatArray())
            .containsExactly(expected.toFloatArray(), within(1e-5f));
      }
    }
  }

  @Test
  void fourThreadsGetTheGradientsOfOne() throws Exception {
    NDArray cotangent = Rng.of(6).normal(manager, new Shape(5, 3));
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try (SameDiffClassifier model = twoLayers()) {
      Callable<float[]> gradient =
          () -> {
            try (Linearized at = model.linearize(images)) {
              return at.pullback(cotangent).toFloatArray();
            }
          };
      float[] alone = gradient.call();
      List<Callable<float[]>> calls = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        calls.add(gradient);
      }
      for (var future : pool.invokeAll(calls)) {
        assertThat(future.get()).isEqualTo(alone);
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void featuresAreTheNamedVariable() {
    try (SameDiffClassifier model = twoLayers()) {
      assertThat(model.layers()).contains("hidden", "logits");
      assertThat(model.features(images, "hidden").toFloatArray())
          .containsExactly(images.reshape(-1, 4).matMul(w1).tanh().toFloatArray(), within(1e-5f));
      assertThatThrownBy(() -> model.features(images, "hiden"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("hidden");
    }
  }

  @Test
  void unknownVariableIsNamedWithNearOnes() {
    SameDiff sd = SameDiff.create();
    sd.placeHolder("images", DataType.FLOAT, -1, 1, 2, 2);
    assertThatThrownBy(
            () -> SameDiffClassifier.of("x", sd, "image", "logits", new Shape(1, 2, 2), 3))
        .hasMessageContaining("no variable \"image\"")
        .hasMessageContaining("images");
  }

  @Test
  void viewsShareMemoryBothWays() {
    NDArray djl = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
    INDArray view = Nd4jArrays.view(djl);
    view.putScalar(0, 1, 20);
    assertThat(djl.toFloatArray()).containsExactly(1, 20, 3, 4);
    INDArray nd4j = Nd4j.create(new float[] {1, 2, 3, 4}, new long[] {2, 2}, 'c');
    NDArray back = Nd4jArrays.view(manager, nd4j);
    back.addi(1);
    assertThat(nd4j.getFloat(1, 1)).isEqualTo(5);
    nd4j.putScalar(0, 0, 9);
    assertThat(back.toFloatArray()).containsExactly(9, 3, 4, 5);
  }

  @Test
  void viewsOfUnsuitableArraysAreRefused() {
    assertThatThrownBy(() -> Nd4jArrays.view(manager.create(new int[] {1})))
        .hasMessageContaining("float32");
    INDArray fortran = Nd4j.create(new float[] {1, 2, 3, 4}, new long[] {2, 2}, 'f');
    assertThatThrownBy(() -> Nd4jArrays.view(manager, fortran)).hasMessageContaining("dup('c')");
  }

  @Test
  void singularValuesOfBothEnginesAgree() {
    NDArray a = Rng.of(8).normal(manager, new Shape(6, 4));
    NDList svd = Linalg.svd(a);
    INDArray gram = Nd4jArrays.copy(a).transpose().mmul(Nd4jArrays.copy(a));
    INDArray eigenvalues = org.nd4j.linalg.eigen.Eigen.symmetricGeneralizedEigenvalues(gram);
    float[] squares = svd.get(1).square().toFloatArray();
    float[] second = eigenvalues.toFloatVector();
    java.util.Arrays.sort(squares);
    java.util.Arrays.sort(second);
    assertThat(squares).containsExactly(second, within(1e-3f));
  }
}
