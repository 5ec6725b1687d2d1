package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.HashSet;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vit.VitConfig;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.ClassifierRecipe;

class MixedBatchesTest {
  private static TrainableClassifier model() {
    return Vit.initial(
        VitConfig.small(8, 1, 4, 8, 1, 2, 3), Normalization.none(1), Rng.of(1), "tiny");
  }

  private static NDArray noise(NDManager manager) {
    return Rng.of(2).uniform(manager, new Shape(6, 1, 8, 8), 0, 1);
  }

  private static float loss(
      MixedBatches loss, TrainableClassifier model, NDManager manager, int seed) {
    try (Scope scope = Scope.open()) {
      NDArray labels = manager.create(new long[] {0, 1, 2, 0, 1, 2});
      return Grad.detach(loss.of(model, noise(manager), labels, new int[6], Rng.of(seed)))
          .getFloat();
    }
  }

  @Test
  void withoutMixingAndSmoothingItIsCrossEntropy() {
    try (NDManager manager = Tensors.newManager();
        TrainableClassifier model = model();
        Scope scope = Scope.open()) {
      NDArray labels = manager.create(new long[] {0, 1, 2, 0, 1, 2});
      NDArray plain =
          ClassifierRecipe.CROSS_ENTROPY.of(model, noise(manager), labels, new int[6], Rng.of(0));
      float expected = Grad.detach(plain).getFloat();
      assertThat(loss(new MixedBatches(0, 0), model, manager, 0))
          .isCloseTo(expected, Offset.offset(1e-6f));
    }
  }

  @Test
  void smoothingInterpolatesToTheMeanOverClasses() {
    try (NDManager manager = Tensors.newManager();
        TrainableClassifier model = model()) {
      float sharp = loss(new MixedBatches(0, 0), model, manager, 0);
      float half = loss(new MixedBatches(0, 0.5), model, manager, 0);
      float most = loss(new MixedBatches(0, 0.75), model, manager, 0);
      assertThat(most - half).isCloseTo((half - sharp) / 2, Offset.offset(1e-5f));
      assertThat(half).isNotEqualTo(sharp);
    }
  }

  @Test
  void mixingFollowsItsSeedAndVaries() {
    try (NDManager manager = Tensors.newManager();
        TrainableClassifier model = model()) {
      MixedBatches mixing = new MixedBatches(1, 0);
      Set<Float> values = new HashSet<>();
      for (int seed = 0; seed < 12; seed++) {
        float value = loss(mixing, model, manager, seed);
        assertThat(loss(mixing, model, manager, seed)).isEqualTo(value);
        values.add(value);
      }
      assertThat(values).hasSizeGreaterThan(8);
    }
  }

  @Test
  void equalLabelsMakeMixingHarmlessForAConstantPicture() {
    try (NDManager manager = Tensors.newManager();
        TrainableClassifier model = model();
        Scope scope = Scope.open()) {
      NDArray same = manager.ones(new Shape(4, 1, 8, 8)).mul(0.5f);
      NDArray labels = manager.create(new long[] {1, 1, 1, 1});
      NDArray plain = new MixedBatches(0, 0.1).of(model, same, labels, new int[4], Rng.of(0));
      for (int seed = 0; seed < 8; seed++) {
        NDArray mixed = new MixedBatches(1, 0.1).of(model, same, labels, new int[4], Rng.of(seed));
        assertThat(Grad.detach(mixed).getFloat())
            .isCloseTo(Grad.detach(plain).getFloat(), Offset.offset(1e-5f));
      }
    }
  }
}
