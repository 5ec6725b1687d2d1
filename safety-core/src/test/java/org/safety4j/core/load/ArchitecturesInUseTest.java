package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.ScheduleTables;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.nn.diffusion.UNetConfig;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.nn.vlm.Llava;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;

/** Threads, leaks and training of the architectures that are opened from fixtures. */
class ArchitecturesInUseTest {
  private static final Map<String, Subject> SUBJECTS = new LinkedHashMap<>();

  /** A model as a differentiable function of one input. */
  private record Subject(
      AutoCloseable model, NDManager manager, Shape input, UnaryOperator<NDArray> function) {
    float[] gradient() {
      try (Scope scope = Scope.open()) {
        NDArray x = Rng.of(2).uniform(manager, input, 0, 1);
        return Grad.of(z -> function.apply(z).square().sum(), x).gradient().toFloatArray();
      }
    }
  }

  @BeforeAll
  static void open() {
    UNet unet = DiffusionLoader.unet(Fixtures.path("unet2d-condition"));
    NDManager m = unet.manager();
    NDArray t = m.create(new long[] {40});
    NDArray text = Rng.of(1).normal(m, new Shape(1, 6, 24));
    SUBJECTS.put("unet", new Subject(unet, m, new Shape(1, 4, 8, 8), x -> unet.answer(x, t, text)));
    AutoencoderKl codec = DiffusionLoader.autoencoder(Fixtures.path("autoencoder-kl"));
    SUBJECTS.put(
        "autoencoder",
        new Subject(
            codec, codec.manager(), new Shape(1, 3, 16, 16), x -> codec.decode(codec.encode(x))));
    Clip clip = Models.open(Fixtures.path("clip"), Clip.class);
    SUBJECTS.put(
        "clip",
        new Subject(
            clip,
            clip.manager(),
            new Shape(1, 3, 24, 24),
            x -> clip.embedImages(x).mul(Rng.of(4).normal(clip.manager(), new Shape(1, 20)))));
    Sam sam = Models.open(Fixtures.path("sam"), Sam.class);
    Segmenter.Prompt prompt = Segmenter.Prompt.box(sam.manager(), 3, 5, 30, 33);
    SUBJECTS.put(
        "sam",
        new Subject(
            sam,
            sam.manager(),
            new Shape(1, 3, 48, 48),
            x -> sam.forward(x, prompt, true).logits()));
    Llava llava = Models.open(Fixtures.path("llava"), Llava.class);
    int[] row = llava.prompt("<image> the fox");
    NDArray ids =
        llava
            .manager()
            .create(
                java.util.Arrays.stream(row).asLongStream().toArray(), new Shape(1, row.length));
    SUBJECTS.put(
        "llava",
        new Subject(
            llava,
            llava.manager(),
            new Shape(1, 3, 24, 24),
            x -> llava.logitsRecorded(x, ids, LmContext.whole().withLast(1))));
  }

  @AfterAll
  static void close() throws Exception {
    for (Subject subject : SUBJECTS.values()) {
      subject.model.close();
    }
  }

  @TestFactory
  java.util.stream.Stream<DynamicTest> gradientsOfFourThreadsAreThoseOfOne() {
    return SUBJECTS.entrySet().stream()
        .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> threads(entry.getValue())));
  }

  private static void threads(Subject subject) throws Exception {
    float[] alone = subject.gradient();
    float largest = 0;
    for (float value : alone) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).isGreaterThan(0);
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      Callable<float[]> task = subject::gradient;
      for (Future<float[]> future : pool.invokeAll(List.of(task, task, task, task))) {
        float[] found = future.get();
        for (int i = 0; i < found.length; i++) {
          assertThat(found[i]).isCloseTo(alone[i], within(1e-4f * largest));
        }
      }
    } finally {
      pool.shutdown();
    }
  }

  @TestFactory
  java.util.stream.Stream<DynamicTest> gradientsLeakNothing() {
    return SUBJECTS.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () -> {
                      Subject subject = entry.getValue();
                      subject.gradient();
                      int before = subject.manager.getManagedArrays().size();
                      for (int i = 0; i < 5; i++) {
                        subject.gradient();
                      }
                      assertThat(subject.manager.getManagedArrays()).hasSize(before);
                    }));
  }

  @Test
  void aDenoiserLearnsToFindNoise() {
    try (UNet unet = UNet.initial(UNetConfig.unconditional(8, 1, List.of(8, 16), 1), Rng.of(5));
        ScheduleTables tables = ScheduleTables.of(NoiseSchedule.ddpm(), unet.manager());
        Scope scope = Scope.open()) {
      NDManager m = unet.manager();
      NDArray clean = Rng.of(6).signs(m, new Shape(8, 1, 1, 1)).mul(m.ones(new Shape(1, 1, 8, 8)));
      TrainingOptions options = TrainingOptions.adamW(30, 8, 3e-3);
      TrainingLog log =
          TrainingLoop.run(
              unet,
              8,
              (samples, epoch, rng) -> {
                NDArray x = Ops.rows(clean, samples);
                NDArray noise = rng.derive("noise").normal(m, x.getShape());
                long[] steps = new long[samples.length];
                for (int i = 0; i < steps.length; i++) {
                  steps[i] = rng.derive("step").derive(samples[i]).sequence().nextInt(100, 900);
                }
                NDArray t = m.create(steps);
                NDArray answer = unet.answer(tables.addNoise(x, noise, t), t, null);
                return answer.sub(tables.target(x, noise, t)).square().mean();
              },
              options,
              Run.seed(1));
      List<Double> losses = log.losses();
      double first = losses.subList(0, 5).stream().mapToDouble(d -> d).average().orElseThrow();
      double last = losses.subList(25, 30).stream().mapToDouble(d -> d).average().orElseThrow();
      assertThat(last).isLessThan(0.75 * first);
      try (GradMode mode = GradMode.off()) {
        assertThat(unet.parameters().get("conv_in.weight").hasGradient()).isFalse();
      }
    }
  }
}
