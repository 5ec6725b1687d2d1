package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.nn.diffusion.AutoencoderConfig;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class SavedCodecTest {
  @TempDir Path folder;

  private static AutoencoderKl small() {
    return AutoencoderKl.initial(AutoencoderConfig.small(8, 3, 2, List.of(8, 16)), Rng.of(1));
  }

  @Test
  void aSavedCodecOpensAgainAsItWas() {
    try (AutoencoderKl codec = small();
        AutoencoderKl scaled = codec.withScale(0.25);
        NDManager manager = Tensors.newManager()) {
      DiffusionLoader.save(scaled, folder);
      NDArray images = Rng.of(2).uniform(manager, new Shape(2, 3, 8, 8), 0, 1);
      try (AutoencoderKl again = DiffusionLoader.autoencoder(folder)) {
        assertThat(again.config()).isEqualTo(scaled.config());
        assertThat(again.encode(images).toFloatArray())
            .isEqualTo(scaled.encode(images).toFloatArray());
      }
    }
  }

  @Test
  void anotherScaleStretchesLatentsAndNotPictures() {
    try (AutoencoderKl codec = small();
        AutoencoderKl scaled = codec.withScale(0.25);
        NDManager manager = Tensors.newManager()) {
      NDArray images = Rng.of(2).uniform(manager, new Shape(2, 3, 8, 8), 0, 1);
      NDArray latents = codec.encode(images);
      NDArray smaller = scaled.encode(images);
      assertThat(smaller.toFloatArray())
          .containsExactly(latents.mul(0.25f).toFloatArray(), within(1e-6f));
      assertThat(scaled.decode(smaller).toFloatArray())
          .containsExactly(codec.decode(latents).toFloatArray(), within(1e-4f));
      assertThatThrownBy(() -> codec.withScale(0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("scale");
    }
  }
}
