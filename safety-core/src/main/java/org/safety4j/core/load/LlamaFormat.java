package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.Require;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.lm.Llama;
import org.safety4j.core.nn.lm.LlamaConfig;
import org.safety4j.core.nn.lm.LmIdentity;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.nn.lm.Rope;
import org.safety4j.core.text.SpecialTokens;

/** Folders of Llama, Mistral, Qwen2 and SmolLM3. */
final class LlamaFormat {
  static final Set<String> ARCHITECTURES =
      Set.of("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "SmolLM3ForCausalLM");

  private LlamaFormat() {}

  static CausalLm.Gray open(
      ModelFiles files,
      HfConfig json,
      String architecture,
      Precision precision,
      UnaryOperator<ParameterSource> change) {
    LlamaConfig config = config(json, architecture);
    try (TensorSource weights = files.weights()) {
      LmIdentity identity = LanguageModels.identity(files, json, config.vocabulary());
      try {
        ParameterSource source = change.apply(weights::require);
        return precision == Precision.FULL
            ? Llama.of(config, source, architecture, identity)
            : Llama.fast(config, source, architecture, identity);
      } catch (RuntimeException e) {
        identity.tokenizer().close();
        throw e;
      }
    }
  }

  static LlamaConfig config(HfConfig json, String architecture) {
    boolean qwen = architecture.equals("Qwen2ForCausalLM");
    boolean smol = architecture.equals("SmolLM3ForCausalLM");
    int width = json.size("hidden_size");
    int heads = json.size("num_attention_heads");
    int blocks = json.size("num_hidden_layers");
    if (blocks > LlamaConfig.MAX_BLOCKS) {
      throw json.invalid("num_hidden_layers", "at most " + LlamaConfig.MAX_BLOCKS);
    }
    int trained = json.size("max_position_embeddings");
    Rope rope = rope(json, trained);
    boolean llama = architecture.equals("LlamaForCausalLM");
    boolean attentionBias = (llama || smol) && json.flag("attention_bias", false);
    try {
      return new LlamaConfig(
          json.size("vocab_size"),
          width,
          blocks,
          heads,
          json.size("num_key_value_heads", heads),
          json.size("head_dim", Math.max(1, width / heads)),
          json.size("intermediate_size"),
          context(rope, trained),
          json.number("rms_norm_eps", 1e-6),
          Activation.of(json.string("hidden_act", "silu")),
          rope,
          json.flag("tie_word_embeddings", smol),
          qwen || attentionBias,
          attentionBias && !qwen,
          llama && json.flag("mlp_bias", false),
          rotated(json, blocks, smol),
          windows(json, blocks, architecture));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(json.origin() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Writes what {@code LlamaForCausalLM} can express.
   *
   * @throws IllegalArgumentException if the model has windows, blocks without positions, or biases
   *     of queries alone
   */
  static ObjectNode describe(CausalLm.White model, LlamaConfig config) {
    Require.that(
        config.windows().stream().allMatch(w -> w == 0)
            && config.rotated().stream().allMatch(r -> r)
            && config.queryBias() == config.outputBias(),
        "only models that LlamaForCausalLM describes can be saved: no windows, rotary positions in"
            + " every block, biases of all projections of attention or of none");
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putArray("architectures").add("LlamaForCausalLM");
    json.put("model_type", "llama");
    json.put("vocab_size", config.vocabulary());
    json.put("hidden_size", config.width());
    json.put("num_hidden_layers", config.blocks());
    json.put("num_attention_heads", config.heads());
    json.put("num_key_value_heads", config.keyHeads());
    json.put("head_dim", config.headWidth());
    json.put("intermediate_size", config.mlpWidth());
    json.put(
        "max_position_embeddings",
        stretched(config.rope()) ? config.rope().original() : config.context());
    json.put("rms_norm_eps", config.epsilon());
    json.put("hidden_act", config.activation().configName());
    json.put("tie_word_embeddings", config.tied());
    json.put("attention_bias", config.queryBias());
    json.put("mlp_bias", config.mlpBias());
    rope(json, config.rope());
    SpecialTokens special = model.tokenizer().special();
    special.begin().ifPresent(id -> json.put("bos_token_id", id));
    special.end().ifPresent(id -> json.put("eos_token_id", id));
    special.padding().ifPresent(id -> json.put("pad_token_id", id));
    return json;
  }

  private static void rope(ObjectNode json, Rope rope) {
    Require.that(
        rope.divisors().isEmpty(), "rotary positions with divisors of their own cannot be saved");
    json.put("rope_theta", rope.theta());
    if (rope.scaling() == Rope.Scaling.NONE) {
      return;
    }
    ObjectNode scaling = json.putObject("rope_scaling");
    scaling.put("rope_type", rope.scaling().name().toLowerCase(Locale.ROOT));
    scaling.put("factor", rope.factor());
    if (rope.scaling() == Rope.Scaling.LLAMA3) {
      scaling.put("low_freq_factor", rope.lowFrequency());
      scaling.put("high_freq_factor", rope.highFrequency());
      scaling.put("original_max_position_embeddings", rope.original());
    }
  }

  /** Positions a model can read: scaling stretches those that it was trained with. */
  private static int context(Rope rope, int trained) {
    return stretched(rope) ? (int) Math.min(0x7fffffff, trained * rope.factor()) : trained;
  }

  /** Llama 3 gives the stretched number itself. */
  private static boolean stretched(Rope rope) {
    return rope.scaling() == Rope.Scaling.LINEAR || rope.scaling() == Rope.Scaling.DYNAMIC;
  }

  private static Rope rope(HfConfig json, int trained) {
    double theta = json.number("rope_theta", 10_000);
    if (!json.isObject("rope_scaling")) {
      return Rope.plain(theta);
    }
    HfConfig scaling = json.object("rope_scaling");
    String type = scaling.string("rope_type", scaling.string("type", "default"));
    double factor = scaling.number("factor", 1);
    return switch (type) {
      case "default" -> Rope.plain(theta);
      case "linear" -> new Rope(theta, Rope.Scaling.LINEAR, factor, 1, 1, trained, List.of());
      case "dynamic" -> new Rope(theta, Rope.Scaling.DYNAMIC, factor, 1, 1, trained, List.of());
      case "llama3" ->
          new Rope(
              theta,
              Rope.Scaling.LLAMA3,
              factor,
              scaling.number("low_freq_factor"),
              scaling.number("high_freq_factor"),
              scaling.size("original_max_position_embeddings"),
              List.of());
      default ->
          throw new UnsupportedModel(
              json.origin()
                  + ": rope_scaling of type \""
                  + type
                  + "\" is not supported; supported are default, linear, dynamic, llama3");
    };
  }

  private static List<Boolean> rotated(HfConfig json, int blocks, boolean smol) {
    if (json.isArray("no_rope_layers")) {
      // Despite its name, the list has 1 for the layers that do rotate.
      return json.integers("no_rope_layers").stream().map(n -> n != 0).toList();
    }
    int every = smol ? json.size("no_rope_layer_interval", 4) : 0;
    List<Boolean> rotated = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      rotated.add(every == 0 || (i + 1) % every != 0);
    }
    return rotated;
  }

  private static List<Integer> windows(HfConfig json, int blocks, String architecture) {
    boolean mistral = architecture.equals("MistralForCausalLM");
    boolean used = mistral || json.flag("use_sliding_window", false);
    int window = used ? json.size("sliding_window", 0x7fffffff) : 0x7fffffff;
    if (window == 0x7fffffff || architecture.equals("LlamaForCausalLM")) {
      return Collections.nCopies(blocks, 0);
    }
    if (json.isArray("layer_types")) {
      return json.strings("layer_types").stream()
          .map(type -> type.equals("sliding_attention") ? window : 0)
          .toList();
    }
    int first = mistral ? 0 : json.integer("max_window_layers", 28);
    List<Integer> windows = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      windows.add(i >= first ? window : 0);
    }
    return windows;
  }
}
