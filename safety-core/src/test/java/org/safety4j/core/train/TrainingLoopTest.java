package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.DegenerateGradient;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.run.CancelToken;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class TrainingLoopTest {
  private final NDManager manager = Tensors.newManager();
  private final NDArray x = Rng.of(1).normal(manager, new Shape(64, 3));
  private final NDArray w = manager.create(new float[] {1, -2, 0.5f});
  private final NDArray y = x.matMul(w);

  @AfterEach
  void free() {
    manager.close();
  }

  private final class Regression implements Trainable {
    final NDArray weight = manager.zeros(new Shape(3));

    @Override
    public Map<String, NDArray> parameters() {
      return new LinkedHashMap<>(Map.of("weight", weight));
    }

    @Override
    public Map<String, NDArray> buffers() {
      return Map.of();
    }

    BatchObjective squaredError() {
      return (samples, epoch, rng) ->
          Ops.rows(x, samples).matMul(weight).sub(Ops.rows(y, samples)).square().mean();
    }
  }

  private float[] train(TrainingOptions options, long seed) {
    Regression model = new Regression();
    TrainingLoop.run(model, 64, model.squaredError(), options, Run.seed(seed));
    return model.weight.toFloatArray();
  }

  @Test
  void everyOptimiserFindsTheLeastSquaresSolution() {
    TrainingOptions base = TrainingOptions.adamW(60, 16, 0.05).withMaxGradientNorm(1e9);
    for (Optimizer.Config config :
        new Optimizer.Config[] {
          Optimizer.Config.sgd(0),
          Optimizer.Config.sgd(0.9),
          Optimizer.Config.nesterov(0.9),
          Optimizer.Config.adam(),
          Optimizer.Config.adamW(0)
        }) {
      assertThat(train(base.withOptimizer(config), 3))
          .containsExactly(new float[] {1, -2, 0.5f}, within(0.02f));
    }
  }

  @Test
  void oneAdamStepMovesEveryWeightByTheLearningRateAgainstItsGradient() {
    NDArray p = manager.create(new float[] {1, 2});
    NDArray g = manager.create(new float[] {0.3f, -7});
    try (Optimizer adam = new Optimizer(Optimizer.Config.adam(), Map.of("p", p))) {
      adam.step(java.util.List.of(g), 0.1);
    }
    assertThat(p.toFloatArray()).containsExactly(new float[] {0.9f, 2.1f}, within(1e-5f));
  }

  @Test
  void adamWShrinksWeightsApartFromTheGradient() {
    NDArray p = manager.create(new float[] {1});
    NDArray g = manager.create(new float[] {0});
    try (Optimizer adam = new Optimizer(Optimizer.Config.adamW(0.5), Map.of("p", p))) {
      adam.step(java.util.List.of(g), 0.1);
    }
    assertThat(p.toFloatArray()).containsExactly(new float[] {0.95f}, within(1e-6f));
  }

  @Test
  void momentumSumsTheGeometricSeries() {
    NDArray p = manager.create(new float[] {0});
    NDArray g = manager.create(new float[] {1});
    try (Optimizer sgd = new Optimizer(Optimizer.Config.sgd(0.5), Map.of("p", p))) {
      for (int i = 0; i < 3; i++) {
        sgd.step(java.util.List.of(g), 1);
      }
    }
    // 1 + 1.5 + 1.75
    assertThat(p.getFloat(0)).isEqualTo(-4.25f, within(1e-6f));
  }

  @Test
  void accumulatedBatchesGiveTheStepOfTheWholeBatch() {
    TrainingOptions whole = TrainingOptions.sgd(1, 64, 0.1).withSchedule(Schedule.constant(0.1));
    TrainingOptions parts =
        new TrainingOptions(
            1,
            16,
            whole.optimizer(),
            whole.schedule(),
            whole.maxGradientNorm(),
            4,
            0,
            whole.checkpoint());
    assertThat(train(parts, 0)).containsExactly(train(whole, 0), within(1e-5f));
    assertThat(train(whole, 0)[0]).isNotZero();
  }

  @Test
  void sameSeedSameWeightsAndAnotherSeedOthers() {
    TrainingOptions options = TrainingOptions.adamW(2, 8, 0.05);
    assertThat(train(options, 5)).isEqualTo(train(options, 5)).isNotEqualTo(train(options, 6));
  }

  @Test
  void clippingScalesToTheBoundAndReportsTheNormBefore() {
    NDArray g = manager.create(new float[] {3, 4});
    assertThat(Optimizer.clipNorm(java.util.List.of(g), 1)).isEqualTo(5, within(1e-5));
    assertThat(g.toFloatArray()).containsExactly(new float[] {0.6f, 0.8f}, within(1e-6f));
  }

  @Test
  void averagedWeightsLagBehindTheLastOnes() {
    TrainingOptions options = TrainingOptions.sgd(1, 64, 0.1).withSchedule(Schedule.constant(0.1));
    float last = train(options, 0)[0];
    assertThat(train(options.withEmaDecay(0.75), 0)[0]).isEqualTo(last * 0.25f, within(1e-6f));
  }

  @Test
  void interruptedTrainingGoesOnToTheSameWeights(@TempDir Path folder) {
    TrainingOptions options = TrainingOptions.adamW(6, 16, 0.05).withEmaDecay(0.9);
    float[] straight = train(options, 9);
    CancelToken cancel = new CancelToken();
    Regression first = new Regression();
    Run stopping =
        Run.seed(9)
            .withCancel(cancel)
            .withListener(
                (stage, step, of, value) -> {
                  if (step == 3) {
                    cancel.cancel();
                  }
                });
    assertThatThrownBy(
            () ->
                TrainingLoop.run(
                    first, 64, first.squaredError(), options.withCheckpoint(folder), stopping))
        .isInstanceOf(RunCancelled.class);
    assertThat(train(options.withCheckpoint(folder), 9)).isEqualTo(straight);
  }

  @Test
  void checkpointOfAnotherTrainingIsRefused(@TempDir Path folder) {
    TrainingOptions options = TrainingOptions.adamW(1, 16, 0.05).withCheckpoint(folder);
    train(options, 1);
    assertThatThrownBy(() -> train(options, 2))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("another training")
        .hasMessageContaining("seed=1");
  }

  @Test
  void divergenceIsReportedWithItsStep() {
    TrainingOptions options =
        TrainingOptions.sgd(200, 64, 0.1).withSchedule(Schedule.constant(1e6));
    assertThatThrownBy(() -> train(options, 0))
        .isInstanceOf(DegenerateGradient.class)
        .hasMessageContaining("at step");
  }

  @Test
  void schedulesRiseAndFallAsNamed() {
    Schedule cosine = Schedule.cosine(2, 0.5);
    assertThat(cosine.rate(0, 10)).isEqualTo(0.4, within(1e-9));
    assertThat(cosine.rate(4, 10)).isEqualTo(2, within(1e-9));
    assertThat(cosine.rate(10, 10)).isEqualTo(0, within(1e-9));
    assertThat(Schedule.stepped(1, 0.1, 0.5, 0.75).rate(80, 100)).isEqualTo(0.01, within(1e-9));
    assertThat(Schedule.triangle(1, 0.5).rate(49, 100)).isEqualTo(0.99, within(1e-9));
  }

  @Test
  void trainingEndsEarlyWithTheBestWeights() {
    float[] validation = {3, 2, 5, 4, 1, 0};
    List<float[]> seen = new ArrayList<>();
    Regression model = new Regression();
    EarlyStop stop =
        new EarlyStop(
            () -> {
              seen.add(model.weight.toFloatArray());
              return validation[seen.size() - 1];
            },
            2,
            0);
    TrainingOptions options = TrainingOptions.adamW(6, 16, 0.05);
    TrainingLog log = TrainingLoop.run(model, 64, model.squaredError(), options, stop, Run.seed(9));
    assertThat(log.losses()).hasSize(4);
    assertThat(model.weight.toFloatArray()).isEqualTo(seen.get(1)).isNotEqualTo(seen.get(3));
    assertThatThrownBy(
            () ->
                TrainingLoop.run(
                    model, 64, model.squaredError(), options.withEmaDecay(0.5), stop, Run.seed(9)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("emaDecay");
  }

  @Test
  void interruptedTrainingKeepsItsPatience(@TempDir Path folder) {
    float[] validation = {3, 2, 5, 4, 1};
    List<float[]> seen = new ArrayList<>();
    CancelToken cancel = new CancelToken();
    TrainingOptions options = TrainingOptions.adamW(6, 16, 0.05).withCheckpoint(folder);
    for (int part = 0; part < 2; part++) {
      Regression model = new Regression();
      EarlyStop stop =
          new EarlyStop(
              () -> {
                seen.add(model.weight.toFloatArray());
                return validation[seen.size() - 1];
              },
              2,
              0);
      Run run =
          part == 1
              ? Run.seed(9)
              : Run.seed(9)
                  .withCancel(cancel)
                  .withListener(
                      (stage, step, of, value) -> {
                        if (stage.equals("validate") && step == 3) {
                          cancel.cancel();
                        }
                      });
      if (part == 0) {
        assertThatThrownBy(
                () -> TrainingLoop.run(model, 64, model.squaredError(), options, stop, run))
            .isInstanceOf(RunCancelled.class);
      } else {
        TrainingLoop.run(model, 64, model.squaredError(), options, stop, run);
        assertThat(seen).hasSize(4);
        assertThat(model.weight.toFloatArray()).isEqualTo(seen.get(1));
      }
    }
  }

  @Test
  void mixturesKeepTheirSharesAndComeRoundToEverySample() {
    List<List<Integer>> told = List.of(new ArrayList<>(), new ArrayList<>());
    NDArray[] values = {manager.create(1f), manager.create(10f)};
    Mixture.Part[] parts = new Mixture.Part[2];
    for (int k = 0; k < 2; k++) {
      int part = k;
      parts[k] =
          new Mixture.Part(
              k == 0 ? 3 : 100,
              (samples, epoch, rng) -> {
                for (int sample : samples) {
                  told.get(part).add(sample);
                }
                return values[part].mul(1f);
              },
              k == 0 ? 1 : 3);
    }
    Mixture mixture = Mixture.of(20, parts);
    assertThat(mixture.size()).isEqualTo(20);
    int[] epoch = java.util.stream.IntStream.range(0, 20).toArray();
    // 5 of 20 samples have loss 1, 15 have loss 10
    assertThat(mixture.loss(epoch, 0, Rng.of(0)).getFloat()).isEqualTo(7.75f, within(1e-5f));
    mixture.loss(epoch, 1, Rng.of(0));
    assertThat(told.get(0)).containsExactly(0, 1, 2, 0, 1, 2, 0, 1, 2, 0);
    assertThat(told.get(1)).hasSize(30).doesNotHaveDuplicates();
    assertThat(mixture.loss(new int[] {2}, 0, Rng.of(0)).getFloat()).isEqualTo(1f);
    assertThatThrownBy(() -> Mixture.of(2, parts[0], parts[1], parts[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("leaves no sample");
  }
}
