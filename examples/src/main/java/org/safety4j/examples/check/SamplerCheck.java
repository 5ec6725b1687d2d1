package org.safety4j.examples.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.safety4j.core.model.diffusion.BetaSchedule;
import org.safety4j.core.model.diffusion.Ddim;
import org.safety4j.core.model.diffusion.Ddpm;
import org.safety4j.core.model.diffusion.DpmSolver;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Prediction;
import org.safety4j.core.model.diffusion.Sampler;
import org.safety4j.core.model.diffusion.ScheduleTables;
import org.safety4j.core.model.diffusion.Trajectory;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;

/**
 * Samplers under the fixed predictor tanh(x) cos(t / 200), and the tables that they are made of.
 */
final class SamplerCheck {
  private static final String FINAL = ".final";
  private static final Pattern WAY =
      Pattern.compile("(\\w+)\\.(\\w+)\\.(\\w+)\\.(\\d{1,4})\\.final");
  private static final Pattern TABLE = Pattern.compile("(\\w+)\\.alphas_cumprod");
  private static final Pattern VARIANCE = Pattern.compile("ddpm\\.posterior_variance_t(\\d{1,3})");
  private static final Pattern NOISE = Pattern.compile("add_noise_t(\\d{1,3})");
  private static final int STEPS = 1000;

  private static final Map<String, Sampler> SAMPLERS =
      Map.of(
          "ddim", Ddim.latent(1),
          "ddim_inverse", Ddim.latent(1).inversion(),
          "dpmpp2m", DpmSolver.steps(1),
          "dpmpp2m_karras", DpmSolver.karras(1));

  private SamplerCheck() {}

  static boolean isFor(Reference reference) {
    return reference.outputs().stream().anyMatch(name -> name.endsWith(FINAL));
  }

  static void check(Reference reference) {
    for (String output : reference.outputs()) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        Matcher way = WAY.matcher(output);
        Matcher table = TABLE.matcher(output);
        Matcher variance = VARIANCE.matcher(output);
        Matcher noise = NOISE.matcher(output);
        if (way.matches() && SAMPLERS.containsKey(way.group(1))) {
          walk(way, reference);
        } else if (table.matches()) {
          table(schedule(table.group(1)), output, reference);
        } else if (variance.matches()) {
          variance(Integer.parseInt(variance.group(1)), output, reference);
        } else if (noise.matches()) {
          noise(Integer.parseInt(noise.group(1)), output, reference);
        }
      }
    }
    reference.finish("samplers");
  }

  private static NoiseSchedule schedule(String betas) {
    return NoiseSchedule.of(
        BetaSchedule.valueOf(betas.toUpperCase(Locale.ROOT)), STEPS, 0.0001, 0.02);
  }

  private static void walk(Matcher name, Reference reference) {
    Sampler sampler = SAMPLERS.get(name.group(1)).withSteps(Integer.parseInt(name.group(4)));
    NoiseSchedule schedule =
        schedule(name.group(2))
            .withPrediction(Prediction.valueOf(name.group(3).toUpperCase(Locale.ROOT)));
    try (Trajectory way = sampler.start(schedule, reference.manager())) {
      Trajectory.State state = Trajectory.State.of(reference.input("start"));
      int[] timesteps = new int[way.size()];
      for (int i = 0; i < way.size(); i++) {
        timesteps[i] = way.timestep(i);
        NDArray answer = state.latents().tanh().mul((float) Math.cos(timesteps[i] / 200f));
        state = way.step(i, state, answer, null);
      }
      String output = name.group();
      String steps = output.substring(0, output.length() - FINAL.length()) + ".timesteps";
      reference
          .findings()
          .compare(output, state.latents(), reference.output(output), Tolerance.TRAJECTORY);
      if (reference.has("out." + steps)) {
        reference
            .findings()
            .compare(
                steps,
                Findings.values(timesteps),
                Findings.values(reference.output(steps)),
                Tolerance.EXACT);
      }
    }
  }

  private static void table(NoiseSchedule schedule, String output, Reference reference) {
    double[] table = new double[STEPS];
    for (int t = 0; t < STEPS; t++) {
      table[t] = schedule.alphaCumprod(t);
    }
    double[] expected = Findings.values(reference.output(output));
    reference.findings().compare(output, table, expected, Tolerance.OUTPUT);
  }

  /** The step at which unit noise alone is added shows its variance. */
  private static void variance(int timestep, String output, Reference reference) {
    try (Trajectory way = Ddpm.steps(STEPS).start(schedule("linear"), reference.manager())) {
      NDArray zero = reference.manager().zeros(new Shape(1, 3));
      NDArray one = reference.manager().ones(new Shape(1, 3));
      int step = STEPS - 1 - timestep;
      double scale = way.step(step, Trajectory.State.of(zero), zero, one).latents().getFloat(0, 0);
      double[] expected = Findings.values(reference.output(output));
      reference
          .findings()
          .compare(output, new double[] {scale * scale}, expected, Tolerance.OUTPUT);
    }
  }

  private static void noise(int timestep, String output, Reference reference) {
    NDArray start = reference.input("start");
    try (ScheduleTables tables = ScheduleTables.of(schedule("linear"), reference.manager())) {
      long[] timesteps = new long[(int) start.getShape().get(0)];
      java.util.Arrays.fill(timesteps, timestep);
      reference.compare(
          output,
          tables.addNoise(start, reference.input("noise"), reference.manager().create(timesteps)));
    }
  }
}
