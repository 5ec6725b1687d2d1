package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.resnet.ResNetConfig;

/** ResNet folders. The fields {@code stem_*} are this library's own, for small images. */
final class ResNetFormat implements ModelFormat {
  @Override
  public List<String> architectures() {
    return List.of("ResNetForImageClassification");
  }

  @Override
  public Class<ResNet> type() {
    return ResNet.class;
  }

  @Override
  public ResNet open(ModelFiles files, String architecture) {
    HfConfig json = files.config();
    ImagePreprocessor preprocessor = files.preprocessor();
    if (preprocessor.outputSize() == null) {
      throw new InvalidModelFile(
          files.origin()
              + ": the preprocessor gives pictures of varying size; name one under \"crop_size\"");
    }
    List<String> labels = ClassLabels.read(json);
    try (TensorSource weights = files.weights()) {
      return ResNet.of(
          config(json, preprocessor.outputSize(), labels.size()),
          preprocessor.normalization(),
          weights::require,
          labels,
          ModelCard.named(files.name()).withOrigin(files.origin()));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(files.origin() + ": " + e.getMessage(), e);
    }
  }

  private static ResNetConfig config(HfConfig json, ImagePreprocessor.Size size, int classes) {
    return new ResNetConfig(
        size.height(),
        size.width(),
        json.size("num_channels", 3),
        new ResNetConfig.Stem(
            json.size("embedding_size"),
            json.size("stem_kernel_size", 7),
            json.size("stem_stride", 2),
            json.flag("stem_pooling", true)),
        json.integers("hidden_sizes"),
        json.integers("depths"),
        layer(json),
        json.flag("downsample_in_first_stage", false),
        Activation.of(json.string("hidden_act", "relu")),
        classes);
  }

  private static ResNetConfig.Layer layer(HfConfig json) {
    return switch (json.string("layer_type", "bottleneck")) {
      case "basic" -> ResNetConfig.Layer.BASIC;
      case "bottleneck" ->
          json.flag("downsample_in_bottleneck", false)
              ? ResNetConfig.Layer.BOTTLENECK_STRIDE_FIRST
              : ResNetConfig.Layer.BOTTLENECK;
      default -> throw json.invalid("layer_type", "\"basic\" or \"bottleneck\"");
    };
  }

  static ObjectNode describe(ResNet model) {
    ResNetConfig config = model.config();
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putArray("architectures").add(model.card().architecture());
    json.put("model_type", "resnet");
    json.put("num_channels", config.channels());
    json.put("embedding_size", config.stem().width());
    config.widths().forEach(json.withArray("hidden_sizes")::add);
    config.depths().forEach(json.withArray("depths")::add);
    json.put("layer_type", config.layer() == ResNetConfig.Layer.BASIC ? "basic" : "bottleneck");
    json.put("hidden_act", config.activation().configName());
    json.put("downsample_in_first_stage", config.halvesFirstStage());
    json.put(
        "downsample_in_bottleneck", config.layer() == ResNetConfig.Layer.BOTTLENECK_STRIDE_FIRST);
    if (!config.stem().equals(ResNetConfig.Stem.large(config.stem().width()))) {
      json.put("stem_kernel_size", config.stem().kernel());
      json.put("stem_stride", config.stem().stride());
      json.put("stem_pooling", config.stem().pools());
    }
    ClassLabels.write(json, model.classNames());
    return json;
  }
}
