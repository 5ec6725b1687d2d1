package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.model.diffusion.ScheduleTables;
import org.safety4j.core.tensor.Rng;

/**
 * Models that make images out of noise, with a text or without. Images are always float32 {@code
 * [N, C, H, W]} in [0, 1]. Inside, a denoiser works on latents: those of a codec, or the pixels
 * moved to [-1, 1].
 *
 * <pre>{@code
 * NDArray cats = model.generate(List.of("a cat", "a cat"), model.sampling().withSteps(30), run.rng());
 * }</pre>
 */
public final class DiffusionModel {
  private DiffusionModel() {}

  /** Images only. */
  public interface Black extends BlackBox {
    /**
     * Makes an image of each text.
     *
     * @param prompts texts, at least one; empty ones for a model without text
     * @param sampling how, usually {@link #sampling()} with changes
     * @param rng randomness; image i depends on it, on i and on prompt i
     * @return float32 {@code [N, C, H, W]} in [0, 1], owned by the caller
     * @throws IllegalArgumentException if the model takes no text and is given one
     */
    NDArray generate(List<String> prompts, Sampling sampling, Rng rng);

    /**
     * Makes images without text.
     *
     * @param count how many, at least 1
     * @param sampling how
     * @param rng randomness; image i depends on it and on i
     * @return float32 {@code [N, C, H, W]} in [0, 1], owned by the caller
     */
    @View
    default NDArray generate(int count, Sampling sampling, Rng rng) {
      return generate(Collections.nCopies(count, ""), sampling, rng);
    }

    /**
     * Changes images: adds noise to each, then removes it with the text in mind.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param prompts a text an image; empty ones for a model without text
     * @param strength share of the sampler's steps that are walked, in (0, 1]
     * @param sampling how
     * @param rng randomness; image i depends on it, on i, on image i and on prompt i
     * @return float32 {@code [N, C, H, W]} in [0, 1], owned by the caller
     */
    NDArray vary(NDArray images, List<String> prompts, double strength, Sampling sampling, Rng rng);

    /**
     * Tells whether texts steer the model.
     *
     * @return false for a model without text
     */
    boolean takesText();

    /**
     * Returns the shape of one image.
     *
     * @return {@code [C, H, W]}
     */
    Shape imageShape();

    /**
     * Returns how the model's own files would have it sampled.
     *
     * @return sampler, guidance and negative text
     */
    Sampling sampling();
  }

  /** Images, latents and the denoiser's answers. */
  public interface Gray extends Black, GrayBox {
    /**
     * Returns the schedule that the denoiser was trained with.
     *
     * @return the schedule
     */
    NoiseSchedule schedule();

    /**
     * Returns the shape of one image's latents.
     *
     * @return {@code [C', H', W']}
     */
    Shape latentShape();

    /**
     * Encodes texts as the denoiser reads them.
     *
     * @param prompts at least one
     * @return {@code [N, T, D]}, outside of any graph; owned by the caller
     * @throws IllegalArgumentException if the model takes no text
     */
    NDArray textEmbeddings(List<String> prompts);

    /**
     * Encodes images.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return latents {@code [N, C', H', W']}, outside of any graph; owned by the caller
     */
    NDArray encode(NDArray images);

    /**
     * Decodes latents.
     *
     * @param latents {@code [N, C', H', W']}
     * @return images {@code [N, C, H, W]}, limited to [0, 1], outside of any graph; owned by the
     *     caller
     */
    NDArray decode(NDArray latents);

    /**
     * Estimates the noise in latents.
     *
     * @param latents {@code [N, C', H', W']}
     * @param timesteps training steps, int64 {@code [N]} or {@code [1]}
     * @param text {@code [N, T, D]}; null for a model without text
     * @return {@code [N, C', H', W']}, outside of any graph; owned by the caller
     */
    NDArray noise(NDArray latents, NDArray timesteps, NDArray text);

    /**
     * Walks a sampler's whole way. With an inversion ({@code Ddim.inversion()}) it goes from clean
     * latents to noise.
     *
     * @param latents where it begins: standard normal noise, {@code [N, C', H', W']}
     * @param text {@code [N, T, D]}; null for a model without text
     * @param sampling how
     * @param rng randomness of samplers that add noise
     * @return where it ends: clean latents {@code [N, C', H', W']}, outside of any graph; owned by
     *     the caller
     */
    NDArray sample(NDArray latents, NDArray text, Sampling sampling, Rng rng);
  }

  /**
   * Where the denoiser looked in the text. Part of the graph if one is recorded.
   *
   * @param noise the estimated noise, {@code [N, C', H', W']}
   * @param maps weights from pixels to text tokens, {@code [N, heads, pixels, T]}, of every layer
   *     that attends to text, keyed by its name; in the order of computation
   */
  public record CrossAttention(NDArray noise, Map<String, NDArray> maps) {}

  /**
   * Images, latents, answers, gradients and weights. What its methods return is part of the graph
   * if one is recorded, to latents, text embeddings, images and parameters that ask for gradients.
   * {@link #parameters()} are the denoiser's, under their names in a checkpoint; they may be
   * overwritten.
   */
  public interface White extends Gray, WhiteBox, Trainable {
    /**
     * Estimates the noise in latents.
     *
     * @param latents {@code [N, C', H', W']}
     * @param timesteps training steps, int64 {@code [N]} or {@code [1]}
     * @param text {@code [N, T, D]}; null for a model without text
     * @return {@code [N, C', H', W']}; owned by the caller
     */
    NDArray predictNoise(NDArray latents, NDArray timesteps, NDArray text);

    /**
     * Asks the denoiser as it was trained: for noise, velocity or sample, see {@link
     * NoiseSchedule#prediction()}.
     *
     * @param latents {@code [N, C', H', W']}
     * @param timesteps training steps, int64 {@code [N]} or {@code [1]}
     * @param text {@code [N, T, D]}; null for a model without text
     * @return {@code [N, C', H', W']}; owned by the caller
     */
    NDArray answer(NDArray latents, NDArray timesteps, NDArray text);

    /**
     * Walks a sampler's whole way like {@link #sample}. Recorded, it holds the activations of every
     * step.
     *
     * @param latents where it begins, {@code [N, C', H', W']}
     * @param text {@code [N, T, D]}; null for a model without text
     * @param sampling how
     * @param rng randomness of samplers that add noise
     * @return where it ends, {@code [N, C', H', W']}; owned by the caller
     */
    NDArray denoise(NDArray latents, NDArray text, Sampling sampling, Rng rng);

    /**
     * Estimates the noise and shows where the denoiser looked in the text.
     *
     * @param latents {@code [N, C', H', W']}
     * @param timesteps training steps, int64 {@code [N]} or {@code [1]}
     * @param text {@code [N, T, D]}
     * @return noise and maps; owned by the caller
     */
    CrossAttention crossAttention(NDArray latents, NDArray timesteps, NDArray text);

    /**
     * Encodes images.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return latents {@code [N, C', H', W']}; owned by the caller
     */
    NDArray toLatents(NDArray images);

    /**
     * Decodes latents.
     *
     * @param latents {@code [N, C', H', W']}
     * @return images {@code [N, C, H, W]}, near [0, 1] but not limited to it; owned by the caller
     */
    NDArray toImages(NDArray latents);

    /**
     * Turns texts into tokens, all of the length that the model reads.
     *
     * @param prompts at least one
     * @return int64 {@code [N, T]}; owned by the caller
     * @throws IllegalArgumentException if the model takes no text
     */
    @Unmetered
    NDArray tokenize(List<String> prompts);

    /**
     * Looks tokens up.
     *
     * @param ids int64 {@code [N, T]}
     * @return token embeddings {@code [N, T, E]}; owned by the caller
     * @throws IllegalArgumentException if the model takes no text
     */
    @Unmetered
    NDArray tokenEmbeddings(NDArray ids);

    /**
     * Encodes texts that are given by their tokens' embeddings.
     *
     * @param tokens {@code [N, T, E]}
     * @return {@code [N, T, D]}, as the denoiser reads texts; owned by the caller
     * @throws IllegalArgumentException if the model takes no text
     */
    NDArray embedTokens(NDArray tokens);

    /**
     * Returns the schedule's tables on the model's device.
     *
     * @return the tables, owned by this model
     */
    ScheduleTables tables();

    /**
     * Names the parts that have weights.
     *
     * @return {@code denoiser}, and where they are there {@code codec} and {@code text}, with their
     *     weights
     */
    Map<String, Trainable> parts();

    /**
     * Returns the manager that the denoiser's weights hang on; arrays for the same device are made
     * with sub-managers of it.
     *
     * @return the model's manager
     */
    NDManager manager();

    /**
     * Copies the model, so that the copy can be changed.
     *
     * @return a model with a denoiser of its own that shares codec and text encoder with this one;
     *     to be closed by the caller, in any order
     */
    White copy();
  }
}
