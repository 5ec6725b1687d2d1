package org.safety4j.core.model.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Locale;
import org.safety4j.core.error.Require;

/**
 * DPM-Solver++(2M): a deterministic multistep solver that looks one step back, good with 15 to 25
 * steps.
 *
 * <p><b>Source</b>: Lu et al., "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion
 * Probabilistic Models", Machine Intelligence Research 2025 (arXiv 2211.01095); noise levels on
 * request of Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models",
 * NeurIPS 2022. <b>Deviations</b>: the midpoint form alone; the first and the last step are of
 * first order.
 *
 * @param steps number of steps, at least 1; 20 is usual
 * @param karras whether noise levels are spaced by Karras et al. with rho 7; not with a squared
 *     cosine schedule, whose steps would not be whole numbers
 * @param spacing which training steps are visited without {@code karras}
 * @param offset added to every step with leading spacing, at least 0
 */
public record DpmSolver(int steps, boolean karras, Spacing spacing, int offset) implements Sampler {
  private static final double RHO = 7;

  /**
   * The reference puts 2^-24, half precision's least number, in the place of a squared signal of 0.
   */
  private static final double WITHOUT_SIGNAL = (float) Math.sqrt((1f - 0x1p-24f) / 0x1p-24f);

  /**
   * Checks the ranges.
   *
   * @param steps number of steps, at least 1; 20 is usual
   * @param karras whether noise levels are spaced by Karras et al. with rho 7; not with a squared
   *     cosine schedule, whose steps would not be whole numbers
   * @param spacing which training steps are visited without {@code karras}
   * @param offset added to every step with leading spacing, at least 0
   */
  public DpmSolver {
    Require.atLeast("steps", steps, 1);
    Require.atLeast("offset", offset, 0);
  }

  /**
   * Samples with evenly spaced steps.
   *
   * @param steps number of steps, at least 1
   * @return the sampler
   */
  public static DpmSolver steps(int steps) {
    return new DpmSolver(steps, false, Spacing.LINSPACE, 0);
  }

  /**
   * Samples with the noise levels of Karras et al.
   *
   * @param steps number of steps, at least 1
   * @return the sampler
   */
  public static DpmSolver karras(int steps) {
    return new DpmSolver(steps, true, Spacing.LINSPACE, 0);
  }

  @Override
  public DpmSolver withSteps(int value) {
    return new DpmSolver(value, karras, spacing, offset);
  }

  @Override
  public Trajectory start(NoiseSchedule schedule, NDManager parent) {
    int[] t = new int[steps];
    double[] sigma = new double[steps + 1];
    if (karras) {
      double low = root(sigma(schedule, 0));
      double high = root(sigma(schedule, schedule.steps() - 1));
      for (int i = 0; i < steps; i++) {
        double ramp = steps == 1 ? 0 : i / (steps - 1.0);
        sigma[i] = Math.pow(high + ramp * (low - high), RHO);
        t[i] = nearest(schedule, sigma[i]);
      }
    } else {
      t = spacing.descendingWithinOneMore(schedule.steps(), steps, offset);
      for (int i = 0; i < steps; i++) {
        sigma[i] = sigma(schedule, t[i]);
      }
    }
    double[][] rows = new double[steps][];
    for (int i = 0; i < steps; i++) {
      float before = i == 0 ? Float.NaN : (float) sigma[i - 1];
      rows[i] = row(before, (float) sigma[i], (float) sigma[i + 1]);
    }
    return new Multistep(new Coefficients(parent, t, rows), schedule.prediction());
  }

  /**
   * Signal and noise rate, then the factors of the sample, of the clean estimate and of its change
   * since the last step. In single precision and in the reference's order, so that the large
   * numbers at the noisy end agree to a few roundings.
   */
  private static double[] row(float before, float now, float next) {
    float signal = signal(now);
    float noise = now * signal;
    float nextSignal = signal(next);
    float nextNoise = next * nextSignal;
    float lambda = log(signal) - log(noise);
    float h = log(nextSignal) - log(nextNoise) - lambda;
    float gain = nextSignal * ((float) Math.exp(-h) - 1f);
    float slope = 0;
    if (!Float.isNaN(before) && next > 0) {
      float signalBefore = signal(before);
      float lambdaBefore = log(signalBefore) - log(before * signalBefore);
      slope = 1f / ((lambda - lambdaBefore) / h);
    }
    return new double[] {signal, noise, nextNoise / noise, gain, slope};
  }

  private static float signal(float sigma) {
    return 1f / (float) Math.sqrt(sigma * sigma + 1f);
  }

  private static float log(float value) {
    return (float) Math.log(value);
  }

  /** Ratio of noise to signal; finite too where a schedule ends without signal. */
  private static double sigma(NoiseSchedule schedule, int t) {
    double exact = schedule.sigma(t);
    return Double.isInfinite(exact) ? WITHOUT_SIGNAL : exact;
  }

  private static double root(double sigma) {
    return Math.pow((float) sigma, 1 / RHO);
  }

  /** The training step whose log noise level is nearest, by linear interpolation. */
  private static int nearest(NoiseSchedule schedule, double sigma) {
    int low = 0;
    while (low < schedule.steps() - 2 && sigma(schedule, low + 1) <= sigma) {
      low++;
    }
    double below = Math.log(sigma(schedule, low));
    double above = Math.log(sigma(schedule, low + 1));
    double w = (below - Math.log(sigma)) / (below - above);
    return (int) Math.rint(low + Math.min(Math.max(w, 0), 1));
  }

  /** Looks one step back. */
  private record Multistep(Coefficients table, Prediction kind) implements Trajectory {
    @Override
    public int size() {
      return table.size();
    }

    @Override
    public int timestep(int i) {
      return table.timestep(i);
    }

    @Override
    public NDArray timesteps(int i) {
      return table.timesteps(i);
    }

    @Override
    public boolean isRandom(int i) {
      return false;
    }

    @Override
    public State step(int i, State state, NDArray answer, NDArray noise) {
      NDArray row = table.row(i);
      NDArray clean =
          ScheduleTables.program()
              .one("clean_" + kind.name().toLowerCase(Locale.ROOT), state.latents(), answer, row);
      NDArray last = state.history() == null ? clean : state.history();
      return new State(
          ScheduleTables.program().one("multistep", state.latents(), clean, last, row), clean);
    }

    @Override
    public void close() {
      table.close();
    }
  }
}
