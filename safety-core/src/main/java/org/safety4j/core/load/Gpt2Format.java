package org.safety4j.core.load;

import java.util.Set;
import java.util.function.UnaryOperator;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.lm.Gpt2;
import org.safety4j.core.nn.lm.Gpt2Config;
import org.safety4j.core.nn.lm.LmIdentity;
import org.safety4j.core.nn.lm.Precision;

/** Folders of GPT-2. */
final class Gpt2Format {
  static final Set<String> ARCHITECTURES = Set.of("GPT2LMHeadModel");
  private static final String PREFIX = "transformer.";

  private Gpt2Format() {}

  static CausalLm.Gray open(
      ModelFiles files, HfConfig json, Precision precision, UnaryOperator<ParameterSource> change) {
    Gpt2Config config = config(json);
    try (TensorSource weights = files.weights()) {
      // Some files leave the first part of the names out.
      boolean bare = !weights.has(PREFIX + "wte.weight") && weights.has("wte.weight");
      ParameterSource source =
          change.apply(
              (name, manager, shape) ->
                  weights.require(
                      bare && name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name,
                      manager,
                      shape));
      LmIdentity identity = LanguageModels.identity(files, json, config.vocabulary());
      try {
        return precision == Precision.FULL
            ? Gpt2.of(config, source, identity)
            : Gpt2.fast(config, source, identity);
      } catch (RuntimeException e) {
        identity.tokenizer().close();
        throw e;
      }
    }
  }

  static Gpt2Config config(HfConfig json) {
    if (json.flag("scale_attn_by_inverse_layer_idx", false)
        || !json.flag("scale_attn_weights", true)) {
      throw new UnsupportedModel(
          json.origin()
              + ": scale_attn_by_inverse_layer_idx true and scale_attn_weights false are not supported");
    }
    int width = json.size("n_embd");
    try {
      return new Gpt2Config(
          json.size("vocab_size"),
          width,
          json.size("n_layer"),
          json.size("n_head"),
          json.size("n_inner", 4 * width),
          json.size("n_positions"),
          json.number("layer_norm_epsilon", 1e-5),
          Activation.of(json.string("activation_function", "gelu_new")),
          json.flag("tie_word_embeddings", true));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(json.origin() + ": " + e.getMessage(), e);
    }
  }
}
