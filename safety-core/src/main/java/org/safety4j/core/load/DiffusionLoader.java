package org.safety4j.core.load;

import java.nio.file.Path;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.UNet;

/** Opens folders in the layout of diffusers: whole pipelines and their parts. */
public final class DiffusionLoader {
  private DiffusionLoader() {}

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
    HfFolder files = new HfFolder(folder);
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
    HfFolder files = new HfFolder(folder);
    try (TensorSource weights = files.weights()) {
      return AutoencoderKl.of(DiffusersConfigs.autoencoder(files.config()), named(weights));
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
