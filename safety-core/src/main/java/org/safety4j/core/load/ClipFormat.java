package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.nn.clip.ClipTextConfig;
import org.safety4j.core.nn.clip.ClipTowerConfig;
import org.safety4j.core.nn.clip.ClipVisionConfig;
import org.safety4j.core.text.Tokenizer;

/** CLIP folders. */
final class ClipFormat implements ModelFormat {
  @Override
  public List<String> architectures() {
    return List.of("CLIPModel");
  }

  @Override
  public Class<Clip> type() {
    return Clip.class;
  }

  @Override
  public Clip open(ModelFiles files, String architecture) {
    HfConfig json = files.config();
    Tokenizer tokenizer = files.tokenizer();
    try (TensorSource weights = files.weights()) {
      return Clip.of(
          text(part(json, "text_config")),
          vision(part(json, "vision_config")),
          json.size("projection_dim", 512),
          files.preprocessor().normalization(),
          tokenizer,
          weights::require,
          ModelCard.named(files.name()).withOrigin(files.origin()));
    } catch (IllegalArgumentException e) {
      tokenizer.close();
      throw new InvalidModelFile(files.origin() + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** A part that may be missing where all its fields have their defaults. */
  private static HfConfig part(HfConfig json, String field) {
    return json.isObject(field) ? json.object(field) : HfConfig.parse(json.origin(), "{}");
  }

  static ClipTextConfig text(HfConfig json) {
    return new ClipTextConfig(
        tower(json, 512, 2048, 8),
        json.size("vocab_size", 49_408),
        json.size("max_position_embeddings", 77),
        json.integer("bos_token_id", 49_406),
        json.integer("eos_token_id", 49_407),
        json.integer("pad_token_id", 1));
  }

  static ClipVisionConfig vision(HfConfig json) {
    return new ClipVisionConfig(
        tower(json, 768, 3072, 12),
        json.size("image_size", 224),
        json.size("patch_size", 32),
        json.size("num_channels", 3));
  }

  private static ClipTowerConfig tower(HfConfig json, int width, int mlp, int heads) {
    return new ClipTowerConfig(
        json.size("hidden_size", width),
        json.size("intermediate_size", mlp),
        json.size("num_hidden_layers", 12),
        json.size("num_attention_heads", heads),
        Activation.of(json.string("hidden_act", "quick_gelu")),
        json.number("layer_norm_eps", 1e-5));
  }

  static ObjectNode describe(Clip clip) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putArray("architectures").add("CLIPModel");
    json.put("model_type", "clip");
    json.put("projection_dim", clip.projected());
    ObjectNode text = json.putObject("text_config");
    describe(text, clip.text().config());
    text.put("projection_dim", clip.projected());
    ObjectNode vision = json.putObject("vision_config");
    describe(vision, clip.vision().config());
    vision.put("projection_dim", clip.projected());
    return json;
  }

  static void describe(ObjectNode json, ClipVisionConfig vision) {
    tower(json, vision.tower());
    json.put("model_type", "clip_vision_model");
    json.put("image_size", vision.imageSize());
    json.put("patch_size", vision.patchSize());
    json.put("num_channels", vision.channels());
  }

  static void describe(ObjectNode json, ClipTextConfig text) {
    tower(json, text.tower());
    json.put("model_type", "clip_text_model");
    json.put("vocab_size", text.vocabulary());
    json.put("max_position_embeddings", text.positions());
    json.put("bos_token_id", text.begin());
    json.put("eos_token_id", text.end());
    json.put("pad_token_id", text.padding());
  }

  private static void tower(ObjectNode json, ClipTowerConfig tower) {
    json.put("hidden_size", tower.width());
    json.put("intermediate_size", tower.mlpWidth());
    json.put("num_hidden_layers", tower.blocks());
    json.put("num_attention_heads", tower.heads());
    json.put("hidden_act", tower.activation().configName());
    json.put("layer_norm_eps", tower.epsilon());
  }
}
