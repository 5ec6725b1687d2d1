package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vit.VitConfig;

/** ViT and DeiT folders. */
final class VitFormat implements ModelFormat {
  @Override
  public List<String> architectures() {
    return List.of(
        "ViTForImageClassification",
        "DeiTForImageClassification",
        "DeiTForImageClassificationWithTeacher");
  }

  @Override
  public Class<Vit> type() {
    return Vit.class;
  }

  @Override
  public Vit open(ModelFiles files, String architecture) {
    HfConfig json = files.config();
    ImagePreprocessor preprocessor = files.preprocessor();
    List<String> labels = ClassLabels.read(json);
    VitConfig config = config(json, architecture, labels.size());
    ImagePreprocessor.Size size =
        new ImagePreprocessor.Size(config.imageSize(), config.imageSize());
    if (preprocessor.outputSize() != null && !preprocessor.outputSize().equals(size)) {
      throw new InvalidModelFile(
          files.origin()
              + ": the preprocessor gives pictures of "
              + preprocessor.outputSize()
              + ", image_size in config.json asks for "
              + size);
    }
    try (TensorSource weights = files.weights()) {
      return Vit.of(
          config,
          preprocessor.normalization(),
          weights::require,
          labels,
          ModelCard.named(files.name()).withOrigin(files.origin()));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(files.origin() + ": " + e.getMessage(), e);
    }
  }

  private static VitConfig config(HfConfig json, String architecture, int classes) {
    try {
      return new VitConfig(
          json.size("image_size"),
          json.size("patch_size"),
          json.size("num_channels", 3),
          json.size("hidden_size"),
          json.size("num_hidden_layers"),
          json.size("num_attention_heads"),
          json.size("intermediate_size"),
          classes,
          head(architecture),
          Activation.of(json.string("hidden_act", "gelu")),
          json.number("layer_norm_eps", 1e-12),
          json.flag("qkv_bias", true));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(json.origin() + ": " + e.getMessage(), e);
    }
  }

  private static VitConfig.Head head(String architecture) {
    return switch (architecture) {
      case "ViTForImageClassification" -> VitConfig.Head.CLASS_TOKEN;
      case "DeiTForImageClassification" -> VitConfig.Head.BESIDE_DISTILLATION_TOKEN;
      default -> VitConfig.Head.MEAN_WITH_TEACHER;
    };
  }

  static ObjectNode describe(Vit vit) {
    VitConfig config = vit.config();
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putArray("architectures").add(vit.card().architecture());
    json.put("model_type", config.head() == VitConfig.Head.CLASS_TOKEN ? "vit" : "deit");
    json.put("image_size", config.imageSize());
    json.put("patch_size", config.patchSize());
    json.put("num_channels", config.channels());
    json.put("hidden_size", config.width());
    json.put("num_hidden_layers", config.blocks());
    json.put("num_attention_heads", config.heads());
    json.put("intermediate_size", config.mlpWidth());
    json.put("hidden_act", config.activation().configName());
    json.put("layer_norm_eps", config.epsilon());
    json.put("qkv_bias", config.biased());
    ClassLabels.write(json, vit.classNames());
    return json;
  }
}
