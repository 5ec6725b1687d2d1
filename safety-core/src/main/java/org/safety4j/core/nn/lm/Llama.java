package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Llama and its like (Llama, Mistral, Qwen2, SmolLM2, SmolLM3): RMS normalisation before each
 * layer, rotary positions, keys shared by groups of heads, a gated perceptron. Parameters have the
 * names that Hugging Face gives them.
 *
 * <p><b>Source:</b> Touvron et al., LLaMA: Open and Efficient Foundation Language Models, 2023;
 * Ainslie et al., GQA: Training Generalized Multi-Query Transformer Models, EMNLP 2023.
 * <b>Deviations:</b> none in evaluation; dropout is not applied in training.
 */
public final class Llama {
  private final LlamaConfig config;
  private final TorchProgram program;
  private final boolean fast;

  private Llama(LlamaConfig config, TorchProgram program, boolean fast) {
    this.config = config;
    this.program = program;
    this.fast = fast;
  }

  /**
   * Builds a model in single precision.
   *
   * @param config its shape
   * @param source its parameters
   * @param architecture the name of the architecture for its card, such as {@code LlamaForCausalLM}
   * @param identity tokenizer, template and card
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.nn.HasParameters}
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static CausalLm.White of(
      LlamaConfig config, ParameterSource source, String architecture, LmIdentity identity) {
    return Building.white(
        config,
        config.shape(),
        "llama.torch.py",
        constants(config, false),
        identity,
        architecture,
        (program, manager) -> {
          Parameters parameters = new Parameters(manager, source);
          Llama llama = new Llama(config, program, false);
          llama.bindEnds(parameters);
          for (int i = 0; i < config.blocks(); i++) {
            llama.bindBlock(parameters, i);
          }
          return parameters;
        });
  }

  /**
   * Builds a model with weights packed in half precision.
   *
   * @param config its shape
   * @param source its parameters
   * @param architecture the name of the architecture for its card, such as {@code LlamaForCausalLM}
   * @param identity tokenizer, template and card
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static CausalLm.Gray fast(
      LlamaConfig config, ParameterSource source, String architecture, LmIdentity identity) {
    return Building.fast(
        config.shape(),
        "llama.torch.py",
        constants(config, true),
        identity,
        architecture,
        (program, manager) -> {
          Llama llama = new Llama(config, program, true);
          // The largest matrix first, while little else is held.
          long count = Building.briefly(source, llama::bindEnds);
          for (int i = 0; i < config.blocks(); i++) {
            int block = i;
            count += Building.briefly(source, p -> llama.bindBlock(p, block));
          }
          return count;
        });
  }

  /**
   * Tells the shape of a model that this class built in single precision.
   *
   * @param model any language model
   * @return its configuration; empty if another class built it
   */
  public static Optional<LlamaConfig> config(CausalLm.White model) {
    return model instanceof WhiteDecoderLm lm && lm.config() instanceof LlamaConfig config
        ? Optional.of(config)
        : Optional.empty();
  }

  private static Map<String, Object> constants(LlamaConfig config, boolean fast) {
    Map<String, Object> constants = new LinkedHashMap<>();
    Rope rope = config.rope();
    constants.put("MLP_WIDTH", config.mlpWidth());
    constants.put("EPSILON", config.epsilon());
    constants.put("ACTIVATION", config.activation().expression());
    constants.put("QKV_BIAS", config.queryBias());
    constants.put("OUT_BIAS", config.outputBias());
    constants.put("MLP_BIAS", config.mlpBias());
    constants.put("SWIGLU", !fast && !config.mlpBias() && config.activation() == Activation.SILU);
    constants.put("TIED", config.tied());
    constants.put("DYNAMIC", rope.scaling() == Rope.Scaling.DYNAMIC);
    constants.put("THETA", rope.theta());
    constants.put("FACTOR", rope.factor());
    constants.put("ORIGINAL", (double) rope.original());
    constants.put("ROTATED", (double) config.headWidth());
    constants.put("WINDOWS", config.windows());
    constants.put("WINDOW", config.windows().stream().mapToInt(w -> w).max().orElse(0));
    constants.put(
        "ROTATES",
        config.rotated().stream()
            .map(r -> r ? "True" : "False")
            .collect(Collectors.joining(", ", "[", "]")));
    return constants;
  }

  private void bindEnds(Parameters parameters) {
    long v = config.vocabulary();
    long d = config.width();
    NDArray table = parameters.weight("model.embed_tokens.weight", v, d);
    NDArray last = parameters.weight("model.norm.weight", d);
    NDArray head = config.tied() ? null : parameters.weight("lm_head.weight", v, d);
    NDArray frequencies =
        parameters.constant(config.rope().frequencies(config.headWidth()), config.headWidth() / 2);
    Building.ends(
        program,
        fast,
        table,
        head,
        (rows, read) -> program.all("set_ends", rows, last, read, frequencies));
  }

  private void bindBlock(Parameters parameters, int i) {
    String at = "model.layers." + i + ".";
    String attention = at + "self_attn.";
    String mlp = at + "mlp.";
    long d = config.width();
    int queries = config.heads() * config.headWidth();
    int keys = config.keyHeads() * config.headWidth();
    int m = config.mlpWidth();
    NDArray norm1 = parameters.weight(at + "input_layernorm.weight", d);
    NDArray norm2 = parameters.weight(at + "post_attention_layernorm.weight", d);
    Map<String, Integer> qkv = new LinkedHashMap<>();
    qkv.put(attention + "q_proj.", queries);
    qkv.put(attention + "k_proj.", keys);
    qkv.put(attention + "v_proj.", keys);
    Map<String, Integer> up = new LinkedHashMap<>();
    up.put(mlp + "gate_proj.", m);
    up.put(mlp + "up_proj.", m);
    List<NDArray> weights =
        List.of(
            parameters.stacked(attention + "qkv.weight", named(qkv, "weight"), d),
            parameters.weight(attention + "o_proj.weight", d, queries),
            parameters.stacked(mlp + "gate_up.weight", named(up, "weight"), d),
            parameters.weight(mlp + "down_proj.weight", d, m));
    List<NDArray> biases =
        List.of(
            config.queryBias()
                ? parameters.stacked(attention + "qkv.bias", named(qkv, "bias"))
                : none(parameters),
            config.outputBias()
                ? parameters.weight(attention + "o_proj.bias", d)
                : none(parameters),
            config.mlpBias()
                ? parameters.stacked(mlp + "gate_up.bias", named(up, "bias"))
                : none(parameters),
            config.mlpBias() ? parameters.weight(mlp + "down_proj.bias", d) : none(parameters));
    program.all("set_block", norm1, norm2, weights, biases);
  }

  private static Map<String, Integer> named(Map<String, Integer> parts, String role) {
    Map<String, Integer> named = new LinkedHashMap<>();
    parts.forEach((name, rows) -> named.put(name + role, rows));
    return named;
  }

  /** What stands where there is no bias; it is never read. */
  private static NDArray none(Parameters parameters) {
    return parameters.constant(new float[1], 1);
  }
}
