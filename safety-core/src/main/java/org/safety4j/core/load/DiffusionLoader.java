package org.safety4j.core.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.clip.ClipTextModel;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.text.Tokenizer;

/**
 * Opens folders in the layout of diffusers: whole pipelines, which hold {@code model_index.json}
 * and one folder a part, and their parts.
 *
 * <pre>{@code
 * try (DiffusionModel.White model = DiffusionLoader.open(Path.of("my-pipeline"))) {
 *   NDArray images = model.generate(List.of("a cat"), model.sampling(), Rng.of(0));
 * }
 * }</pre>
 */
public final class DiffusionLoader {
  private static final double GUIDANCE = 7.5;
  private static final Set<String> PIXELS = Set.of("DDPMPipeline", "DDIMPipeline");
  private static final Set<String> LATENTS =
      Set.of("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline");

  private DiffusionLoader() {}

  /**
   * Opens a pipeline. Parts that filter its images ({@code safety_checker}) are not opened.
   *
   * @param folder holds {@code model_index.json}
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if a file is missing, damaged or inconsistent, or a tensor is missing
   *     or has another shape
   * @throws UnsupportedModel if the pipeline or a part of it is not supported; the message names it
   */
  public static DiffusionPipeline open(Path folder) {
    return open(ModelFiles.in(folder));
  }

  /**
   * Opens a pipeline from its files, such as those on the class path.
   *
   * @param files the files, {@code model_index.json} among them
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if a file is missing, damaged or inconsistent, or a tensor is missing
   *     or has another shape
   * @throws UnsupportedModel if the pipeline or a part of it is not supported; the message names it
   */
  public static DiffusionPipeline open(ModelFiles files) {
    HfConfig index = files.config("model_index.json");
    String pipeline = index.string("_class_name");
    if (!PIXELS.contains(pipeline) && !LATENTS.contains(pipeline)) {
      Set<String> known = new TreeSet<>(PIXELS);
      known.addAll(LATENTS);
      throw new UnsupportedModel(
          files.origin()
              + ": pipeline \""
              + pipeline
              + "\" is not supported; supported are "
              + String.join(", ", known));
    }
    HfConfig scheduler = files.part("scheduler").config("scheduler_config.json");
    NoiseSchedule schedule = DiffusersConfigs.schedule(scheduler);
    List<Artifact> parts = new ArrayList<>();
    try {
      UNet unet = keep(parts, unet(files.part("unet")));
      AutoencoderKl codec = null;
      ClipTextModel text = null;
      if (LATENTS.contains(pipeline)) {
        codec = keep(parts, autoencoder(files.part("vae")));
        text = keep(parts, text(files.part("text_encoder"), files.part("tokenizer")));
      }
      Sampling sampling =
          new Sampling(
              DiffusersConfigs.sampler(scheduler, schedule), text == null ? 1 : GUIDANCE, "");
      ModelCard card = new ModelCard(files.name(), pipeline, 0, files.origin(), "");
      return DiffusionPipeline.of(card, unet, codec, text, schedule, sampling);
    } catch (IllegalArgumentException e) {
      parts.forEach(Artifact::close);
      throw new InvalidModelFile(files.origin() + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      parts.forEach(Artifact::close);
      throw e;
    }
  }

  private static <A extends Artifact> A keep(List<Artifact> parts, A part) {
    parts.add(part);
    return part;
  }

  /**
   * Saves a pipeline as a folder that {@link #open(Path)} opens again, with the sampler that it is
   * sampled by. Guidance and the number of steps are not stored.
   *
   * @param model the pipeline; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws IllegalArgumentException if the denoiser has a shape that diffusers cannot name
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public static void save(DiffusionPipeline model, Path folder) {
    DiffusersFolders.write(model, folder);
  }

  /**
   * Saves a latent codec as a folder that {@link #autoencoder(Path)} opens again.
   *
   * @param codec the codec; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public static void save(AutoencoderKl codec, Path folder) {
    DiffusersFolders.write(codec, folder);
  }

  /**
   * Opens a denoiser: {@code UNet2DModel} or {@code UNet2DConditionModel}.
   *
   * @param folder holds {@code config.json} and {@code diffusion_pytorch_model.safetensors}
   * @return the denoiser, to be closed by the caller
   * @throws InvalidModelFile if a file is missing, damaged or inconsistent, or a tensor is missing
   *     or has another shape
   * @throws UnsupportedModel if the configuration asks for what is not supported; the message names
   *     it
   */
  public static UNet unet(Path folder) {
    return unet(ModelFiles.in(folder));
  }

  private static UNet unet(ModelFiles files) {
    try (TensorSource weights = files.weights()) {
      return UNet.of(DiffusersConfigs.unet(files.config()), named(weights));
    }
  }

  /**
   * Opens a latent codec: {@code AutoencoderKL}.
   *
   * @param folder holds {@code config.json} and {@code diffusion_pytorch_model.safetensors}
   * @return the codec, to be closed by the caller
   * @throws InvalidModelFile if a file is missing, damaged or inconsistent, or a tensor is missing
   *     or has another shape
   * @throws UnsupportedModel if the configuration asks for what is not supported; the message names
   *     it
   */
  public static AutoencoderKl autoencoder(Path folder) {
    return autoencoder(ModelFiles.in(folder));
  }

  /**
   * Opens a latent codec from its files, such as those on the class path.
   *
   * @param files the files, {@code config.json} and {@code diffusion_pytorch_model.safetensors}
   *     among them
   * @return the codec, to be closed by the caller
   * @throws InvalidModelFile if a file is missing, damaged or inconsistent, or a tensor is missing
   *     or has another shape
   * @throws UnsupportedModel if the configuration asks for what is not supported; the message names
   *     it
   */
  public static AutoencoderKl autoencoder(ModelFiles files) {
    try (TensorSource weights = files.weights()) {
      return AutoencoderKl.of(DiffusersConfigs.autoencoder(files.config()), named(weights));
    }
  }

  private static ClipTextModel text(ModelFiles files, ModelFiles tokenizerFiles) {
    HfConfig config = files.config();
    if (!config.architectures().contains("CLIPTextModel")) {
      throw new UnsupportedModel(
          files.origin()
              + ": text encoder "
              + config.architectures()
              + " is not supported; supported is CLIPTextModel");
    }
    Tokenizer tokenizer = tokenizerFiles.tokenizer();
    try (TensorSource weights = files.weights()) {
      return ClipTextModel.of(ClipFormat.text(config), tokenizer, weights::require);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** Finds attention layers under the names of early checkpoints too. */
  private static ParameterSource named(TensorSource weights) {
    return (name, manager, shape) -> {
      if (!weights.has(name)) {
        String early =
            name.replace(".to_q.", ".query.")
                .replace(".to_k.", ".key.")
                .replace(".to_v.", ".value.")
                .replace(".to_out.0.", ".proj_attn.");
        if (weights.has(early)) {
          return weights.require(early, manager, shape);
        }
      }
      return weights.require(name, manager, shape);
    };
  }
}
