package org.safety4j.examples.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.safety4j.core.load.Adapters;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.HfConfig;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.core.nn.Lora;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.UNet;

/** Opens a model that has no reference, and tells what it is. */
final class Description {
  private static final Map<Class<? extends Model>, String> FAMILIES =
      Map.of(
          ImageClassifier.Black.class, "image classifier",
          CausalLm.Black.class, "language model",
          TextClassifier.Black.class, "text classifier",
          TextEncoder.Black.class, "text encoder",
          DualEncoder.Black.class, "dual encoder",
          Segmenter.Black.class, "segmenter",
          VisionLanguageModel.Black.class, "vision-language model",
          DiffusionModel.Black.class, "diffusion model");

  private Description() {}

  static String of(Path path) {
    if (Files.isRegularFile(path.resolve(AdapterCheck.CONFIG))) {
      try (Lora lora = Adapters.open(path)) {
        return "adapter of " + lora.factors().size() + " weights";
      }
    }
    Path config = path.resolve("config.json");
    if (Files.isRegularFile(config)) {
      switch (HfConfig.read(config).string("_class_name", "")) {
        case "UNet2DModel", "UNet2DConditionModel" -> {
          try (UNet unet = DiffusionLoader.unet(path)) {
            return "denoiser" + parameters(unet.stored().count());
          }
        }
        case "AutoencoderKL" -> {
          try (AutoencoderKl codec = DiffusionLoader.autoencoder(path)) {
            return "latent codec" + parameters(codec.stored().count());
          }
        }
        default -> {
          // A model of its own.
        }
      }
    }
    try (Model model = Models.open(path, Model.class)) {
      List<String> facts = new ArrayList<>();
      facts.add(family(model) + " " + model.card().architecture());
      if (model instanceof ImageClassifier.White m) {
        facts.add(m.classes() + " classes, images " + m.inputShape());
      } else if (model instanceof CausalLm.Black m) {
        facts.add("context of " + m.contextLength() + " tokens");
        facts.add(m.chatTemplate().isPresent() ? "chat template" : "no chat template");
      } else if (model instanceof TextClassifier.Black m) {
        facts.add(m.classNames().size() + " classes");
      } else if (model instanceof TextEncoder.Black m) {
        facts.add("vectors of " + m.width());
      } else if (model instanceof DualEncoder.Black m) {
        facts.add("images " + m.inputShape());
      } else if (model instanceof Segmenter.Black m) {
        facts.add("images " + m.inputShape());
      } else if (model instanceof VisionLanguageModel.Black m) {
        facts.add("images " + m.inputShape() + " as " + m.imageTokenCount() + " tokens");
      } else if (model instanceof DiffusionModel.Black m) {
        facts.add("images " + m.imageShape() + (m.takesText() ? ", from text" : ""));
      }
      return String.join(", ", facts) + parameters(model.card().parameters());
    }
  }

  private static String parameters(long count) {
    return count == 0 ? "" : String.format(Locale.ROOT, ", %,d parameters", count);
  }

  private static String family(Model model) {
    return FAMILIES.entrySet().stream()
        .filter(family -> family.getKey().isInstance(model))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("model");
  }
}
