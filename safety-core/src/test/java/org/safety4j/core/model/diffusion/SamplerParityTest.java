package org.safety4j.core.model.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.nn.Parity;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/** Trajectories under the fixed predictor tanh(x) cos(t / 200), as the reference walks them. */
class SamplerParityTest {
  private static NDManager manager;
  private static SafetensorsFile io;

  @BeforeAll
  static void open() {
    manager = Tensors.newManager();
    io = SafetensorsFile.open(Parity.folder("schedulers").resolve("io.safetensors"));
  }

  @AfterAll
  static void close() {
    io.close();
    manager.close();
  }

  private static NoiseSchedule schedule(String betas) {
    return NoiseSchedule.of(
        BetaSchedule.valueOf(betas.toUpperCase(Locale.ROOT)), 1000, 0.0001, 0.02);
  }

  private static final Map<String, Sampler> SAMPLERS =
      Map.of(
          "ddim", Ddim.latent(1),
          "ddim_inverse", Ddim.latent(1).inversion(),
          "dpmpp2m", DpmSolver.steps(1),
          "dpmpp2m_karras", DpmSolver.karras(1));

  @TestFactory
  java.util.stream.Stream<DynamicTest> endsWhereTheReferenceEnds() {
    return io.names().stream()
        .filter(name -> name.endsWith(".final"))
        .map(name -> DynamicTest.dynamicTest(name, () -> walk(name)));
  }

  private static void walk(String name) {
    String[] part = name.split("\\.");
    Sampler sampler = SAMPLERS.get(part[1]).withSteps(Integer.parseInt(part[4]));
    NoiseSchedule schedule =
        schedule(part[2]).withPrediction(Prediction.valueOf(part[3].toUpperCase(Locale.ROOT)));
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        Trajectory way = sampler.start(schedule, manager)) {
      long[] timesteps = io.read(name.replace(".final", ".timesteps"), manager).toLongArray();
      assertThat(way.size()).isEqualTo(timesteps.length);
      Trajectory.State state = Trajectory.State.of(io.read("in.start", manager));
      for (int i = 0; i < way.size(); i++) {
        assertThat((long) way.timestep(i)).isEqualTo(timesteps[i]);
        NDArray answer = state.latents().tanh().mul((float) Math.cos(timesteps[i] / 200f));
        state = way.step(i, state, answer, null);
      }
      NDArray expected = io.read(name, manager);
      float largest = expected.abs().max().getFloat();
      assertThat(state.latents().sub(expected).abs().max().getFloat())
          .isLessThan(Math.max(1e-4f, 1e-6f * largest));
    }
  }

  @Test
  void tablesAreThoseOfTheReference() {
    for (BetaSchedule betas : BetaSchedule.values()) {
      String name = betas.name().toLowerCase(Locale.ROOT);
      NoiseSchedule schedule = schedule(name);
      try (NDArray expected = io.read("out." + name + ".alphas_cumprod", manager)) {
        float[] values = expected.toFloatArray();
        for (int t = 0; t < values.length; t++) {
          assertThat(schedule.alphaCumprod(t))
              .as(name + " " + t)
              .isCloseTo(values[t], within(2e-6 * values[t] + 1e-12));
        }
      }
    }
  }

  @Test
  void noiseIsAddedAsInTheReference() {
    try (Scope scope = Scope.open();
        ScheduleTables tables = ScheduleTables.of(schedule("linear"), manager)) {
      NDArray noisy =
          tables.addNoise(
              io.read("in.start", manager),
              io.read("in.noise", manager),
              manager.create(new long[] {250, 250}));
      assertThat(noisy.sub(io.read("out.add_noise_t250", manager)).abs().max().getFloat())
          .isLessThan(2e-5f);
    }
  }

  @Test
  void ancestralNoiseHasThePosteriorVariance() {
    try (Scope scope = Scope.open();
        Trajectory way = Ddpm.steps(1000).start(schedule("linear"), manager)) {
      int i = 999 - 500;
      assertThat(way.timestep(i)).isEqualTo(500);
      NDArray zero = manager.zeros(new ai.djl.ndarray.types.Shape(1, 3));
      NDArray one = manager.ones(new ai.djl.ndarray.types.Shape(1, 3));
      float scale = way.step(i, Trajectory.State.of(zero), zero, one).latents().getFloat(0, 0);
      float expected = io.read("out.ddpm.posterior_variance_t500", manager).getFloat(0);
      assertThat(scale * scale).isCloseTo(expected, within(1e-4f * expected));
    }
  }
}
