package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.clip.ClipVisionConfig;
import org.safety4j.core.nn.lm.LlamaConfig;
import org.safety4j.core.nn.lm.LmIdentity;
import org.safety4j.core.nn.vlm.Llava;
import org.safety4j.core.nn.vlm.LlavaConfig;

/** LLaVA folders. */
final class LlavaFormat implements ModelFormat {
  private static final String ARCHITECTURE = "LlavaForConditionalGeneration";
  private static final Map<String, String> LANGUAGE =
      Map.of(
          "llama", "LlamaForCausalLM",
          "mistral", "MistralForCausalLM",
          "qwen2", "Qwen2ForCausalLM");

  @Override
  public List<String> architectures() {
    return List.of(ARCHITECTURE);
  }

  @Override
  public Class<Llava> type() {
    return Llava.class;
  }

  @Override
  public Llava open(ModelFiles files, String architecture) {
    HfConfig json = files.config();
    String language = language(json);
    try {
      LlavaConfig config = config(json, language);
      LmIdentity identity = LanguageModels.identity(files, json, config.language().vocabulary());
      try (TensorSource weights = files.weights()) {
        return Llava.of(
            config, files.preprocessor().normalization(), named(weights), language, identity);
      } catch (RuntimeException e) {
        identity.tokenizer().close();
        throw e;
      }
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(files.origin() + ": " + e.getMessage(), e);
    }
  }

  private static String language(HfConfig json) {
    String type = json.object("text_config").string("model_type", "llama");
    String architecture = LANGUAGE.get(type);
    if (architecture == null) {
      throw new UnsupportedModel(
          json.origin()
              + ": language model \""
              + type
              + "\" in \"text_config\" is not supported; supported are llama, mistral, qwen2");
    }
    return architecture;
  }

  private static LlavaConfig config(HfConfig json, String language) {
    HfConfig tower = json.object("vision_config");
    String type = tower.string("model_type", "clip_vision_model");
    if (!type.equals("clip_vision_model")) {
      throw new UnsupportedModel(
          json.origin()
              + ": vision tower \""
              + type
              + "\" in \"vision_config\" is not supported; supported is clip_vision_model");
    }
    ClipVisionConfig vision = ClipFormat.vision(tower);
    LlamaConfig text = LlamaFormat.config(json.object("text_config"), language);
    return new LlavaConfig(
        vision,
        text,
        blocks(json, vision.tower().blocks()),
        classToken(json),
        json.integer("image_token_index", json.integer("image_token_id", 32_000)),
        Activation.of(json.string("projector_hidden_act", "gelu")),
        json.flag("multimodal_projector_bias", true));
  }

  static ObjectNode describe(Llava llava) {
    LlavaConfig config = llava.config();
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putArray("architectures").add(ARCHITECTURE);
    json.put("model_type", "llava");
    json.put("image_token_index", config.imageToken());
    json.put("vision_feature_layer", config.visionBlocks() - config.vision().tower().blocks() - 1);
    json.put("vision_feature_select_strategy", config.classToken() ? "full" : "default");
    json.put("projector_hidden_act", config.activation().configName());
    json.put("multimodal_projector_bias", config.biased());
    json.set("text_config", LlamaFormat.describe(llava.languageModel(), config.language()));
    ClipFormat.describe(json.putObject("vision_config"), config.vision());
    return json;
  }

  /** The state that is read: 0 is the embedding, -1 the last block's output. */
  private static int blocks(HfConfig json, int blocks) {
    if (json.isArray("vision_feature_layer")) {
      throw new UnsupportedModel(
          json.origin()
              + ": \"vision_feature_layer\" names several layers, which is not supported");
    }
    int layer = json.integer("vision_feature_layer", -2);
    int after = layer < 0 ? blocks + 1 + layer : layer;
    if (after < 0 || after > blocks) {
      throw json.invalid("vision_feature_layer", "in [" + (-blocks - 1) + ", " + blocks + "]");
    }
    return after;
  }

  private static boolean classToken(HfConfig json) {
    return switch (json.string("vision_feature_select_strategy", "default")) {
      case "default" -> false;
      case "full" -> true;
      default -> throw json.invalid("vision_feature_select_strategy", "\"default\" or \"full\"");
    };
  }

  /** Finds parameters under the names of newer checkpoints too. */
  private static ParameterSource named(TensorSource weights) {
    return (name, manager, shape) -> {
      if (!weights.has(name)) {
        String newer =
            name.startsWith("language_model.model.")
                ? "model." + name.replaceFirst("language_model\\.model", "language_model")
                : name.startsWith("language_model.lm_head.")
                    ? name.substring("language_model.".length())
                    : "model." + name;
        if (weights.has(newer)) {
          return weights.require(newer, manager, shape);
        }
      }
      return weights.require(name, manager, shape);
    };
  }
}
