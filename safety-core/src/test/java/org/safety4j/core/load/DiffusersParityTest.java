package org.safety4j.core.load;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.safety4j.core.nn.Parity;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.UNet;

class DiffusersParityTest {
  @Test
  void denoiserWithoutTextAnswersLikeTheReference() {
    try (UNet unet = DiffusionLoader.unet(Parity.folder("unet2d"));
        Parity parity = Parity.of("unet2d")) {
      parity.check(
          in -> Map.of("noise", unet.answer(in.get("latents"), in.get("timesteps"), null)));
    }
  }

  @Test
  void denoiserWithTextAnswersLikeTheReference() {
    try (UNet unet = DiffusionLoader.unet(Parity.folder("unet2d-condition"));
        Parity parity = Parity.of("unet2d-condition")) {
      parity.check(
          in ->
              Map.of("noise", unet.answer(in.get("latents"), in.get("timesteps"), in.get("text"))));
    }
  }

  @Test
  void codecAnswersLikeTheReference() {
    try (AutoencoderKl codec = DiffusionLoader.autoencoder(Parity.folder("autoencoder-kl"));
        Parity parity = Parity.of("autoencoder-kl")) {
      parity.check(
          in -> {
            AutoencoderKl.Posterior posterior = codec.posterior(in.get("images"));
            return Map.of(
                "mean", posterior.mean(),
                "logvar", posterior.logVariance(),
                "decoded", codec.decodeUnscaled(in.get("latents")).mul(2).sub(1));
          });
    }
  }
}
