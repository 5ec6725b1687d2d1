package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.nn.sam.SamConfig;

/** SAM folders. */
final class SamFormat implements ModelFormat {
  @Override
  public List<String> architectures() {
    return List.of("SamModel");
  }

  @Override
  public Class<Sam> type() {
    return Sam.class;
  }

  @Override
  public Sam open(ModelFiles files, String architecture) {
    HfConfig json = files.config();
    try (TensorSource weights = files.weights()) {
      return Sam.of(
          config(json),
          files.preprocessor().normalization(),
          weights::require,
          ModelCard.named(files.name()).withOrigin(files.origin()));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(files.origin() + ": " + e.getMessage(), e);
    }
  }

  private static SamConfig config(HfConfig json) {
    HfConfig vision = part(json, "vision_config");
    HfConfig prompt = part(json, "prompt_encoder_config");
    HfConfig decoder = part(json, "mask_decoder_config");
    int out = vision.size("output_channels", 256);
    same(prompt, "hidden_size", 256, out);
    same(decoder, "hidden_size", 256, out);
    same(vision, "num_pos_feats", 128, out / 2);
    same(prompt, "num_point_embeddings", 4, 4);
    int imageSize = vision.size("image_size", 1024);
    same(prompt, "image_size", 1024, imageSize);
    return new SamConfig(
        vision(vision, imageSize, out),
        new SamConfig.Prompt(
            prompt.size("mask_input_channels", 16),
            Activation.of(prompt.string("hidden_act", "gelu")),
            prompt.number("layer_norm_eps", 1e-6)),
        new SamConfig.Decoder(
            decoder.size("num_hidden_layers", 2),
            decoder.size("num_attention_heads", 8),
            decoder.size("mlp_dim", 2048),
            decoder.size("num_multimask_outputs", 3),
            decoder.size("iou_head_depth", 3),
            decoder.size("iou_head_hidden_dim", 256),
            decoder.size("attention_downsample_rate", 2),
            Activation.of(decoder.string("hidden_act", "relu")),
            decoder.number("layer_norm_eps", 1e-6)));
  }

  private static SamConfig.Vision vision(HfConfig json, int imageSize, int out) {
    int width = json.size("hidden_size", 768);
    return new SamConfig.Vision(
        imageSize,
        json.size("patch_size", 16),
        json.size("num_channels", 3),
        width,
        json.size("mlp_dim", (int) (width * json.number("mlp_ratio", 4))),
        json.size("num_hidden_layers", 12),
        json.size("num_attention_heads", 12),
        out,
        json.size("window_size", 14),
        json.has("global_attn_indexes")
            ? Set.copyOf(json.integers("global_attn_indexes"))
            : Set.of(2, 5, 8, 11),
        Activation.of(json.string("hidden_act", "gelu")),
        json.number("layer_norm_eps", 1e-6),
        json.flag("qkv_bias", true),
        json.flag("use_abs_pos", true),
        json.flag("use_rel_pos", true));
  }

  private static HfConfig part(HfConfig json, String field) {
    return json.isObject(field) ? json.object(field) : HfConfig.parse(json.origin(), "{}");
  }

  private static void same(HfConfig json, String field, int fallback, int wanted) {
    if (json.size(field, fallback) != wanted) {
      throw json.has(field)
          ? json.invalid(field, Integer.toString(wanted))
          : new InvalidModelFile(json.origin() + ": \"" + field + "\" must be " + wanted);
    }
  }

  static ObjectNode describe(Sam sam) {
    SamConfig config = sam.config();
    SamConfig.Vision v = config.vision();
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putArray("architectures").add("SamModel");
    json.put("model_type", "sam");
    ObjectNode vision = json.putObject("vision_config");
    vision.put("image_size", v.imageSize());
    vision.put("patch_size", v.patchSize());
    vision.put("num_channels", v.channels());
    vision.put("hidden_size", v.width());
    vision.put("mlp_dim", v.mlpWidth());
    vision.put("num_hidden_layers", v.blocks());
    vision.put("num_attention_heads", v.heads());
    vision.put("output_channels", v.outWidth());
    vision.put("num_pos_feats", v.outWidth() / 2);
    vision.put("window_size", v.window());
    new TreeSet<>(v.global()).forEach(vision.withArray("global_attn_indexes")::add);
    vision.put("hidden_act", v.activation().configName());
    vision.put("layer_norm_eps", v.epsilon());
    vision.put("qkv_bias", v.biased());
    vision.put("use_abs_pos", v.absolute());
    vision.put("use_rel_pos", v.relative());
    ObjectNode prompt = json.putObject("prompt_encoder_config");
    prompt.put("hidden_size", v.outWidth());
    prompt.put("image_size", v.imageSize());
    prompt.put("patch_size", v.patchSize());
    prompt.put("mask_input_channels", config.prompt().maskChannels());
    prompt.put("hidden_act", config.prompt().activation().configName());
    prompt.put("layer_norm_eps", config.prompt().epsilon());
    SamConfig.Decoder d = config.decoder();
    ObjectNode decoder = json.putObject("mask_decoder_config");
    decoder.put("hidden_size", v.outWidth());
    decoder.put("num_hidden_layers", d.layers());
    decoder.put("num_attention_heads", d.heads());
    decoder.put("mlp_dim", d.mlpWidth());
    decoder.put("num_multimask_outputs", d.masks());
    decoder.put("iou_head_depth", d.overlapDepth());
    decoder.put("iou_head_hidden_dim", d.overlapWidth());
    decoder.put("attention_downsample_rate", d.narrowing());
    decoder.put("hidden_act", d.activation().configName());
    decoder.put("layer_norm_eps", d.epsilon());
    return json;
  }
}
