package org.safety4j.bench.jmh;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.load.Models;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vit.VitConfig;
import org.safety4j.core.tensor.Rng;

/**
 * What the benchmarks run on: a ViT-Tiny for 32x32 pictures with random weights, and a batch of
 * noise.
 */
final class VitTiny {
  static final int BATCH = 32;

  private VitTiny() {}

  static VitConfig config() {
    return new VitConfig(
        32, 4, 3, 192, 12, 3, 768, 10, VitConfig.Head.CLASS_TOKEN, Activation.GELU, 1e-6, true);
  }

  static Vit model() {
    return Vit.initial(config(), Normalization.same(3, 0.5, 0.5), Rng.of(0), "vit-tiny");
  }

  /** Noise, labelled as the model classifies it, so that every sample counts as correct. */
  static LabeledImages images(Vit model) {
    Random random = new Random(0);
    float[] pixels = new float[BATCH * 3 * 32 * 32];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextFloat();
    }
    Shape element = new Shape(3, 32, 32);
    try (LabeledImages unlabelled =
        LabeledImages.of("noise", pixels, element, new int[BATCH], List.of())) {
      return LabeledImages.of(
          "noise", pixels, element, model.labels(unlabelled.images()), List.of());
    }
  }

  /** Writes the model as a Hugging Face folder. */
  static Path folder(Vit model) {
    try {
      Path folder = Files.createTempDirectory("vit-tiny");
      Models.save(model, folder);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a temporary folder", e);
    }
  }
}
