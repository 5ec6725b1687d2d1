package org.safety4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.resnet.ResNetConfig;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vit.VitConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;

/** The programs that attacks use also train. */
class ClassifierTrainingTest {
  private static final Normalization NORM = Normalization.same(1, 0.5, 0.5);

  private static Stream<Supplier<TrainableClassifier>> models() {
    return Stream.of(
        () -> Vit.initial(VitConfig.small(8, 1, 4, 16, 1, 2, 3), NORM, Rng.of(1), "vit"),
        () -> ResNet.initial(ResNetConfig.small(8, 1, List.of(6, 8), 3), NORM, Rng.of(1), "net"));
  }

  /** Which of three stripes is bright: learnable, and not by an untrained model. */
  private static NDArray stripes(NDManager manager, int... labels) {
    NDArray images = Rng.of(7).uniform(manager, new Shape(labels.length, 1, 8, 8), 0, 0.5);
    for (int i = 0; i < labels.length; i++) {
      images.get(i + ",0," + 3 * labels[i] + ":" + (3 * labels[i] + 2)).addi(0.5f);
    }
    return images;
  }

  @ParameterizedTest
  @MethodSource("models")
  void aFewEpochsLearnWhatSeparatesTheClasses(Supplier<TrainableClassifier> make) {
    int[] labels = new int[48];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % 3;
    }
    try (TrainableClassifier model = make.get();
        NDManager manager = Tensors.newManager()) {
      NDArray images = stripes(manager, labels);
      NDArray targets = Ops.index(manager, labels);
      float[] before = model.logits(images).toFloatArray();
      TrainingLoop.run(
          model,
          labels.length,
          (samples, epoch, rng) ->
              ClassifierRecipe.CROSS_ENTROPY.of(
                  model, Ops.rows(images, samples), Ops.rows(targets, samples), samples, rng),
          TrainingOptions.adamW(20, 24, 2e-2),
          Run.seed(0));
      assertThat(model.logits(images).toFloatArray()).isNotEqualTo(before);
      assertThat(model.labels(images)).isEqualTo(labels);
      assertThat(model.parameters().values()).noneMatch(NDArray::hasGradient);
    }
  }
}
