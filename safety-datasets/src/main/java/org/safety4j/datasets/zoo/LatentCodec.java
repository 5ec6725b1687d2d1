package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.nn.diffusion.AutoencoderKl;

/**
 * A codec between pictures and latents as a model of the zoo.
 *
 * @param card name, architecture, origin and licence
 * @param codec the codec, closed with this model
 */
public record LatentCodec(ModelCard card, AutoencoderKl codec) implements Model, Trainable {
  /**
   * Names a codec of the zoo.
   *
   * @param id its name
   * @param codec the codec, closed with the model
   * @return the model
   */
  static LatentCodec named(String id, AutoencoderKl codec) {
    return new LatentCodec(
        new ModelCard(
            id, "AutoencoderKL", codec.stored().count(), "zoo recipe " + id, "Apache-2.0"),
        codec);
  }

  @Override
  public Map<String, NDArray> parameters() {
    return codec.parameters();
  }

  @Override
  public Map<String, NDArray> buffers() {
    return codec.buffers();
  }

  @Override
  public void close() {
    codec.close();
  }
}
