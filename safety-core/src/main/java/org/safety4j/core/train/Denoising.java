package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.SplittableRandom;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Trains a denoiser: clean latents get noise of a random strength, and the squared error of the
 * answer to what the schedule wants (noise, for a schedule that predicts noise) is minimised. Codec
 * and text encoder do not learn.
 *
 * <p><b>Source</b>: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020
 * (equation 14); Ho and Salimans, "Classifier-Free Diffusion Guidance", 2022 (prompts that are
 * dropped). <b>Deviations</b>: the training steps of a batch are spread evenly over the schedule
 * with one random offset (Kingma et al., "Variational Diffusion Models", NeurIPS 2021), which
 * changes the variance of the loss and not its mean.
 *
 * <pre>{@code
 * TrainingLoop.run(model, images.size(), Denoising.of(model, (samples, rng) -> ...), options, run);
 * }</pre>
 *
 * @param model the model; its denoiser learns
 * @param images gives a batch's pictures
 * @param prompts gives a batch's prompts; null for a model without text
 * @param drop probability that a prompt is replaced by the empty one, in [0, 1]
 */
public record Denoising(DiffusionModel.White model, Images images, Prompts prompts, double drop)
    implements BatchObjective {
  /** Gives pictures. */
  @FunctionalInterface
  public interface Images {
    /**
     * Gives a batch.
     *
     * @param samples the samples' numbers
     * @param rng randomness of this batch
     * @return float32 {@code [N, C, H, W]} in [0, 1], of the model's shape
     */
    NDArray batch(int[] samples, Rng rng);
  }

  /** Gives prompts. */
  @FunctionalInterface
  public interface Prompts {
    /**
     * Gives a batch.
     *
     * @param samples the samples' numbers
     * @param rng randomness of this batch
     * @return one prompt a sample
     */
    List<String> batch(int[] samples, Rng rng);
  }

  /**
   * Checks that there are prompts exactly where the model takes text.
   *
   * @param model the model; its denoiser learns
   * @param images gives a batch's pictures
   * @param prompts gives a batch's prompts; null for a model without text
   * @param drop in [0, 1]
   * @throws IllegalArgumentException if prompts do not fit the model, or drop is out of range
   */
  public Denoising {
    Require.that(
        model.takesText() == (prompts != null),
        model.takesText()
            ? "prompts must be given for a model that takes text"
            : "prompts must be null for a model that takes no text");
    Require.inRange("drop", drop, 0, 1);
  }

  /**
   * The objective of a model without text.
   *
   * @param model the model
   * @param images gives a batch's pictures
   * @return the objective
   * @throws IllegalArgumentException if the model takes text
   */
  public static Denoising of(DiffusionModel.White model, Images images) {
    return new Denoising(model, images, null, 0);
  }

  @Override
  public NDArray loss(int[] samples, int epoch, Rng rng) {
    try (Scope scope = Scope.open()) {
      NDArray latents;
      NDArray noise;
      NDArray timesteps;
      NDArray words;
      try (GradMode mode = GradMode.off()) {
        latents = model.encode(images.batch(samples, rng.derive("images")));
        noise = rng.derive("noise").normal(model.manager(), samples, model.latentShape());
        timesteps = model.manager().create(timesteps(samples.length, rng.derive("timesteps")));
        words = prompts == null ? null : model.textEmbeddings(prompts(samples, rng));
      }
      return scope.keep(loss(model, latents, noise, timesteps, words));
    }
  }

  private List<String> prompts(int[] samples, Rng rng) {
    List<String> all = prompts.batch(samples, rng.derive("prompts"));
    SplittableRandom random = rng.derive("drop").sequence();
    return all.stream().map(prompt -> random.nextDouble() < drop ? "" : prompt).toList();
  }

  /** One step of the schedule a sample: evenly spread, in random order, with one offset. */
  private long[] timesteps(int n, Rng rng) {
    int steps = model.schedule().steps();
    double offset = rng.derive("offset").sequence().nextDouble();
    int[] order = rng.derive("order").permutation(n);
    long[] t = new long[n];
    for (int i = 0; i < n; i++) {
      t[i] = Math.min(steps - 1, (long) ((order[i] + offset) / n * steps));
    }
    return t;
  }

  /**
   * Computes the mean squared error of the denoiser's answers, as part of the graph if one is
   * recorded.
   *
   * @param model the model
   * @param latents clean latents, {@code [N, C, H, W]}
   * @param noise what is added, standard normal, same shape
   * @param timesteps training steps, int64 {@code [N]}
   * @param text text embeddings {@code [N, T, D]}; null for a model without text
   * @return a scalar
   */
  public static NDArray loss(
      DiffusionModel.White model, NDArray latents, NDArray noise, NDArray timesteps, NDArray text) {
    try (Scope scope = Scope.open()) {
      NDArray noisy = model.tables().addNoise(latents, noise, timesteps);
      NDArray target = model.tables().target(latents, noise, timesteps);
      NDArray error = model.answer(noisy, timesteps, text).sub(target);
      return scope.keep(Ops.mean(error.square(), 0, 1, 2, 3));
    }
  }
}
