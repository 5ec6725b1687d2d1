package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.nn.Parity;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.UNet;

class DiffusersParityTest {
  @ParameterizedTest
  @ValueSource(strings = {"unet2d", "unet2d-gelu"})
  void denoiserWithoutTextAnswersLikeTheReference(String name) {
    try (UNet unet = DiffusionLoader.unet(Parity.folder(name));
        Parity parity = Parity.of(name)) {
      int compared =
          parity.check(
              in -> Map.of("noise", unet.answer(in.get("latents"), in.get("timesteps"), null)));
      assertThat(compared).isEqualTo(2);
    }
  }

  @Test
  void denoiserWithTextAnswersLikeTheReference() {
    try (UNet unet = DiffusionLoader.unet(Parity.folder("unet2d-condition"));
        Parity parity = Parity.of("unet2d-condition")) {
      int compared =
          parity.check(
              in ->
                  Map.of(
                      "noise",
                      unet.answer(in.get("latents"), in.get("timesteps"), in.get("text"))));
      assertThat(compared).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"autoencoder-kl", "autoencoder-gelu"})
  void codecAnswersLikeTheReference(String name) {
    try (AutoencoderKl codec = DiffusionLoader.autoencoder(Parity.folder(name));
        Parity parity = Parity.of(name)) {
      int compared =
          parity.check(
              in -> {
                AutoencoderKl.Posterior posterior = codec.posterior(in.get("images"));
                return Map.of(
                    "mean", posterior.mean(),
                    "logvar", posterior.logVariance(),
                    "decoded", codec.decodeUnscaled(in.get("latents")).mul(2).sub(1));
              });
      assertThat(compared).isEqualTo(5);
    }
  }
}
