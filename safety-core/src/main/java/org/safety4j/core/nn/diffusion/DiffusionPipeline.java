package org.safety4j.core.nn.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.model.diffusion.Guidance;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.model.diffusion.ScheduleTables;
import org.safety4j.core.model.diffusion.Trajectory;
import org.safety4j.core.nn.clip.ClipTextModel;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A denoiser with its schedule, and where they are there a latent codec and a text encoder:
 * unconditional, text-to-image and image-to-image generation.
 *
 * <p><b>Source</b>: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models",
 * CVPR 2022; Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020.
 * <b>Deviations</b>: images are encoded to the posterior's mean, not to a sample of it; there is no
 * filter behind the model.
 *
 * <p>Any number of threads may ask at once, while none overwrites parameters.
 */
public final class DiffusionPipeline implements DiffusionModel.White {
  private final ModelCard card;
  private final UNet denoiser;
  private final Shared<AutoencoderKl> codec;
  private final Shared<ClipTextModel> text;
  private final NoiseSchedule schedule;
  private final Sampling sampling;
  private final ScheduleTables tables;
  private final Shape latentShape;
  private final Shape imageShape;
  private final AtomicBoolean closed = new AtomicBoolean();

  private DiffusionPipeline(
      ModelCard card,
      UNet denoiser,
      Shared<AutoencoderKl> codec,
      Shared<ClipTextModel> text,
      NoiseSchedule schedule,
      Sampling sampling) {
    this.card = card;
    this.denoiser = denoiser;
    this.codec = codec;
    this.text = text;
    this.schedule = schedule;
    this.sampling = sampling;
    this.tables = ScheduleTables.of(schedule, denoiser.manager());
    UNetConfig c = denoiser.config();
    this.latentShape = new Shape(c.inChannels(), c.height(), c.width());
    AutoencoderKl latents = Shared.get(codec);
    int factor = latents == null ? 1 : latents.config().factor();
    int channels = latents == null ? c.inChannels() : latents.config().inChannels();
    this.imageShape = new Shape(channels, (long) factor * c.height(), (long) factor * c.width());
  }

  /**
   * Puts a model together. It closes its parts.
   *
   * @param card name, architecture, origin and licence; the number of parameters is filled in
   * @param denoiser the denoiser
   * @param codec the latent codec, or null for a denoiser of pixels
   * @param text the text encoder, or null for a denoiser without text
   * @param schedule the schedule that the denoiser was trained with
   * @param sampling how the model is sampled where the caller does not say
   * @return the model, to be closed by the caller
   * @throws IllegalArgumentException if the parts do not fit together
   */
  public static DiffusionPipeline of(
      ModelCard card,
      UNet denoiser,
      AutoencoderKl codec,
      ClipTextModel text,
      NoiseSchedule schedule,
      Sampling sampling) {
    UNetConfig c = denoiser.config();
    Require.that(
        c.outChannels() == c.inChannels(),
        "the denoiser answers "
            + c.outChannels()
            + " channels for "
            + c.inChannels()
            + "; learned variances and inpainting are not supported");
    if (codec != null) {
      Require.that(
          codec.config().latentChannels() == c.inChannels(),
          "the codec has latents of "
              + codec.config().latentChannels()
              + " channels, the denoiser takes "
              + c.inChannels());
    }
    Require.that(
        c.takesText() == (text != null),
        c.takesText()
            ? "the denoiser takes text, but there is no text encoder"
            : "the denoiser takes no text, but there is a text encoder");
    if (text != null) {
      Require.that(
          text.config().tower().width() == c.textWidth(),
          "the text encoder has states of "
              + text.config().tower().width()
              + ", the denoiser takes "
              + c.textWidth());
    }
    long parameters = denoiser.stored().count();
    parameters += codec == null ? 0 : codec.stored().count();
    parameters += text == null ? 0 : text.stored().count();
    return new DiffusionPipeline(
        new ModelCard(card.name(), card.architecture(), parameters, card.origin(), card.licence()),
        denoiser,
        Shared.of(codec),
        Shared.of(text),
        schedule,
        sampling);
  }

  private AutoencoderKl codecOrNull() {
    return Shared.get(codec);
  }

  private ClipTextModel requireText() {
    Require.that(text != null, "model " + card.name() + " takes no text");
    return Shared.get(text);
  }

  @Override
  public NDArray generate(List<String> prompts, Sampling how, Rng rng) {
    Require.notEmpty("prompts", prompts);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray words = embedOrNull(prompts);
      NDArray noise = rng.derive("latents").normal(manager(), rows(prompts.size()), latentShape);
      return scope.keep(decode(denoise(noise, words, how, rng)));
    }
  }

  @Override
  public NDArray vary(
      NDArray images, List<String> prompts, double strength, Sampling how, Rng rng) {
    checkImages(images);
    Require.that(
        prompts.size() == images.getShape().get(0),
        "prompts must be one an image, were "
            + prompts.size()
            + " for "
            + images.getShape().get(0));
    Require.that(strength > 0 && strength <= 1, "strength must be in (0, 1], was " + strength);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        Trajectory way = how.sampler().start(schedule, manager())) {
      int first = way.size() - Math.max(1, (int) (way.size() * strength));
      NDArray noise = rng.derive("latents").normal(manager(), rows(prompts.size()), latentShape);
      NDArray noisy = tables.addNoise(toLatents(images), noise, way.timesteps(first));
      NDArray clean = walk(way, first, noisy, embedOrNull(prompts), how, rng);
      return scope.keep(decode(clean));
    }
  }

  private NDArray embedOrNull(List<String> prompts) {
    if (text == null) {
      for (String prompt : prompts) {
        Require.that(
            prompt.isEmpty(),
            "model " + card.name() + " takes no text, was asked for \"" + prompt + "\"");
      }
      return null;
    }
    return textEmbeddings(prompts);
  }

  private static int[] rows(int n) {
    return IntStream.range(0, n).toArray();
  }

  @Override
  public NDArray sample(NDArray latents, NDArray words, Sampling how, Rng rng) {
    try (GradMode mode = GradMode.off()) {
      return denoise(latents, words, how, rng);
    }
  }

  @Override
  public NDArray denoise(NDArray latents, NDArray words, Sampling how, Rng rng) {
    try (Scope scope = Scope.open();
        Trajectory way = how.sampler().start(schedule, manager())) {
      return scope.keep(walk(way, 0, latents, words, how, rng));
    }
  }

  /** Walks the rest of a way. The caller's scope frees what is left over. */
  private NDArray walk(
      Trajectory way, int first, NDArray latents, NDArray words, Sampling how, Rng rng) {
    boolean guided = how.guidance() != 1;
    Require.that(
        !guided || text != null,
        "guidance must be 1 for a model without text, was " + how.guidance());
    int[] samples = rows(Math.toIntExact(latents.getShape().get(0)));
    NDArray both = guided ? unguided(how, samples.length).concat(words, 0) : words;
    Trajectory.State state = Trajectory.State.of(latents);
    try (Guidance guidance = Guidance.of(how.guidance(), manager())) {
      for (int i = first; i < way.size(); i++) {
        Trajectory.State next;
        try (Scope step = Scope.open()) {
          NDArray answer =
              guided
                  ? guidance.combine(
                      answer(guidance.twice(state.latents()), way.timesteps(i), both))
                  : answer(state.latents(), way.timesteps(i), words);
          NDArray noise =
              way.isRandom(i)
                  ? rng.derive("step").derive(i).normal(manager(), samples, latentShape)
                  : null;
          next = way.step(i, state, answer, noise);
          step.keep(next.latents());
          step.keep(next.history());
        }
        free(state, next, latents);
        state = next;
      }
    }
    return state.latents();
  }

  private NDArray unguided(Sampling how, int n) {
    NDArray one = textEmbeddings(List.of(how.negative()));
    return Ops.rows(one, new int[n]);
  }

  private static void free(Trajectory.State old, Trajectory.State next, NDArray first) {
    if (old.latents() != first) {
      old.latents().close();
    }
    if (old.history() != null && old.history() != next.history()) {
      old.history().close();
    }
  }

  @Override
  public NDArray textEmbeddings(List<String> prompts) {
    ClipTextModel encoder = requireText();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(encoder.encode(encoder.embed(encoder.tokenize(prompts))));
    }
  }

  @Override
  public NDArray encode(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(toLatents(images));
    }
  }

  @Override
  public NDArray decode(NDArray latents) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(Ops.clamp(toImages(latents), 0, 1));
    }
  }

  @Override
  public NDArray noise(NDArray latents, NDArray timesteps, NDArray words) {
    try (GradMode mode = GradMode.off()) {
      return predictNoise(latents, timesteps, words);
    }
  }

  @Override
  public NDArray predictNoise(NDArray latents, NDArray timesteps, NDArray words) {
    try (Scope scope = Scope.open()) {
      NDArray answer = answer(latents, timesteps, words);
      return scope.keep(toNoise(latents, answer, timesteps));
    }
  }

  private NDArray toNoise(NDArray latents, NDArray answer, NDArray timesteps) {
    return switch (schedule.prediction()) {
      case EPSILON -> answer;
      case V_PREDICTION, SAMPLE -> tables.noise(latents, answer, timesteps);
    };
  }

  @Override
  public NDArray answer(NDArray latents, NDArray timesteps, NDArray words) {
    return denoiser.answer(latents, timesteps, words);
  }

  @Override
  public DiffusionModel.CrossAttention crossAttention(
      NDArray latents, NDArray timesteps, NDArray words) {
    requireText();
    try (Scope scope = Scope.open()) {
      UNet.Trace trace = denoiser.trace(latents, timesteps, words);
      trace.crossAttention().values().forEach(scope::keep);
      NDArray noise = scope.keep(toNoise(latents, trace.answer(), timesteps));
      return new DiffusionModel.CrossAttention(noise, trace.crossAttention());
    }
  }

  @Override
  public NDArray toLatents(NDArray images) {
    checkImages(images);
    AutoencoderKl latents = codecOrNull();
    if (latents != null) {
      return latents.encode(images);
    }
    try (Scope scope = Scope.open()) {
      return scope.keep(images.mul(2).sub(1));
    }
  }

  @Override
  public NDArray toImages(NDArray latents) {
    AutoencoderKl decoder = codecOrNull();
    if (decoder != null) {
      return decoder.decode(latents);
    }
    try (Scope scope = Scope.open()) {
      return scope.keep(latents.add(1).mul(0.5));
    }
  }

  private void checkImages(NDArray images) {
    Shape shape = Tensors.elementShape(Tensors.requireImages(images));
    Require.that(
        shape.equals(imageShape),
        "model " + card.name() + " takes images of shape " + imageShape + ", these have " + shape);
  }

  @Override
  public NDArray tokenize(List<String> prompts) {
    return requireText().tokenize(prompts);
  }

  @Override
  public NDArray tokenEmbeddings(NDArray ids) {
    return requireText().embed(ids);
  }

  @Override
  public NDArray embedTokens(NDArray tokens) {
    return requireText().encode(tokens);
  }

  @Override
  public boolean takesText() {
    return text != null;
  }

  @Override
  public Shape imageShape() {
    return imageShape;
  }

  @Override
  public Shape latentShape() {
    return latentShape;
  }

  @Override
  public Sampling sampling() {
    return sampling;
  }

  @Override
  public NoiseSchedule schedule() {
    return schedule;
  }

  @Override
  public ScheduleTables tables() {
    return tables;
  }

  /**
   * Returns the denoiser.
   *
   * @return owned by this model
   */
  public UNet denoiser() {
    return denoiser;
  }

  /**
   * Returns the latent codec.
   *
   * @return owned by this model, or null for a denoiser of pixels
   */
  public AutoencoderKl codec() {
    return codecOrNull();
  }

  /**
   * Returns the text encoder.
   *
   * @return owned by this model, or null for a denoiser without text
   */
  public ClipTextModel text() {
    return Shared.get(text);
  }

  @Override
  public Map<String, NDArray> parameters() {
    return denoiser.parameters();
  }

  @Override
  public Map<String, NDArray> buffers() {
    return denoiser.buffers();
  }

  @Override
  public Map<String, Trainable> parts() {
    Map<String, Trainable> parts = new LinkedHashMap<>();
    parts.put("denoiser", denoiser);
    if (codec != null) {
      parts.put("codec", codecOrNull());
    }
    if (text != null) {
      parts.put("text", Shared.get(text));
    }
    return parts;
  }

  @Override
  public NDManager manager() {
    return denoiser.manager();
  }

  @Override
  public DiffusionPipeline copy() {
    return new DiffusionPipeline(
        card, denoiser.copy(), Shared.join(codec), Shared.join(text), schedule, sampling);
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      tables.close();
      denoiser.close();
      Shared.leave(codec);
      Shared.leave(text);
    }
  }

  @Override
  public String toString() {
    return card.architecture() + " " + card.name();
  }
}
