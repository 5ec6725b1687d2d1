package org.safety4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.resnet.ResNetConfig;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vit.VitConfig;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;

class ClassifierThreadsAndLeaksTest {
  private static final LogitLoss CROSS_ENTROPY =
      (logits, labels) -> Ops.pick(Ops.logSoftmax(logits), labels).neg();
  private static final int IMAGES = 3;
  private static final Normalization NORM = Normalization.same(1, 0.5, 0.5);

  private static Stream<Supplier<ImageClassifier.White>> models() {
    return Stream.of(
        () -> Vit.initial(VitConfig.small(8, 1, 2, 24, 2, 2, 10), NORM, Rng.of(1), "vit"),
        () -> ResNet.initial(ResNetConfig.small(8, 1, List.of(8, 12), 10), NORM, Rng.of(1), "net"));
  }

  private static float[] gradient(ImageClassifier.White model, long seed) {
    try (NDManager manager = Tensors.newManager()) {
      NDArray images = Rng.of(seed).uniform(manager, new Shape(3, 1, 8, 8), 0, 1);
      NDArray labels = Ops.index(manager, 1, 2, 3);
      try (ValueAndGradient at = model.gradient(images, labels, CROSS_ENTROPY)) {
        return at.gradient().toFloatArray();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void fourThreadsGetTheGradientsThatOneGets(Supplier<ImageClassifier.White> make)
      throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try (ImageClassifier.White model = make.get()) {
      List<float[]> alone = new ArrayList<>();
      for (int i = 0; i < IMAGES; i++) {
        alone.add(gradient(model, i));
      }
      List<Future<List<float[]>>> threads = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        threads.add(
            pool.submit(
                () -> {
                  List<float[]> gradients = new ArrayList<>();
                  for (int repeat = 0; repeat < 2; repeat++) {
                    gradients.clear();
                    for (int i = 0; i < IMAGES; i++) {
                      gradients.add(gradient(model, i));
                    }
                  }
                  return gradients;
                }));
      }
      for (Future<List<float[]>> thread : threads) {
        List<float[]> gradients = thread.get();
        for (int i = 0; i < IMAGES; i++) {
          assertThat(gradients.get(i)).isEqualTo(alone.get(i));
        }
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void fiftyGradientsLeaveNoArrayBehind(Supplier<ImageClassifier.White> make) {
    try (ImageClassifier.White model = make.get();
        NDManager manager = Tensors.newManager()) {
      NDArray images = Rng.of(2).uniform(manager, new Shape(3, 1, 8, 8), 0, 1);
      NDArray labels = Ops.index(manager, 1, 2, 3);
      int modelArrays = model.manager().getManagedArrays().size();
      int own = manager.getManagedArrays().size();
      for (int i = 0; i < 50; i++) {
        model.gradient(images, labels, CROSS_ENTROPY).close();
        model.logits(images).close();
        model.features(images, model.layers().get(1)).close();
        if (model instanceof VisionTransformer.White vit) {
          VisionTransformer.Trace trace =
              vit.trace(
                  images,
                  new VisionTransformer.Overrides(
                      Map.of(), Map.of(), Map.of(0, labelsMask(manager)), true));
          trace.logits().close();
          trace.hidden().close();
          trace.attention().close();
          manager.getManagedArrays().stream()
              .filter(a -> a.getShape().equals(new Shape(17, 17)))
              .forEach(NDArray::close);
        }
      }
      assertThat(manager.getManagedArrays()).hasSize(own);
      assertThat(model.manager().getManagedArrays()).hasSize(modelArrays);
    }
  }

  private static NDArray labelsMask(NDManager manager) {
    return manager.ones(new Shape(17, 17));
  }
}
