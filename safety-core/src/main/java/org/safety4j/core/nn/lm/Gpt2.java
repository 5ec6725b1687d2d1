package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * GPT-2: layer normalisation before each layer, learned positions. Parameters have the names that
 * Hugging Face gives them, {@code transformer.} before all of them; matrices stand with their
 * inputs first.
 *
 * <p><b>Source:</b> Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
 * <b>Deviations:</b> none in evaluation; dropout is not applied in training.
 */
public final class Gpt2 {
  private final Gpt2Config config;
  private final TorchProgram program;
  private final boolean fast;

  private Gpt2(Gpt2Config config, TorchProgram program, boolean fast) {
    this.config = config;
    this.program = program;
    this.fast = fast;
  }

  /**
   * Builds a model in single precision.
   *
   * @param config its shape
   * @param source its parameters
   * @param identity tokenizer, template and card
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.nn.HasParameters}
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static CausalLm.White of(Gpt2Config config, ParameterSource source, LmIdentity identity) {
    return Building.white(
        config,
        config.shape(),
        "gpt2.torch.py",
        constants(config),
        identity,
        "GPT2LMHeadModel",
        (program, manager) -> {
          Parameters parameters = new Parameters(manager, source);
          Gpt2 gpt2 = new Gpt2(config, program, false);
          gpt2.bindEnds(parameters);
          for (int i = 0; i < config.blocks(); i++) {
            gpt2.bindBlock(parameters, i);
          }
          return parameters;
        });
  }

  /**
   * Builds a model with weights packed in half precision.
   *
   * @param config its shape
   * @param source its parameters
   * @param identity tokenizer, template and card
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static CausalLm.Gray fast(Gpt2Config config, ParameterSource source, LmIdentity identity) {
    return Building.fast(
        config.shape(),
        "gpt2.torch.py",
        constants(config),
        identity,
        "GPT2LMHeadModel",
        (program, manager) -> {
          Gpt2 gpt2 = new Gpt2(config, program, true);
          // The largest matrix first, while little else is held.
          long count = Building.briefly(source, gpt2::bindEnds);
          for (int i = 0; i < config.blocks(); i++) {
            int block = i;
            count += Building.briefly(source, p -> gpt2.bindBlock(p, block));
          }
          return count;
        });
  }

  private static Map<String, Object> constants(Gpt2Config config) {
    return Map.of(
        "EPSILON",
        config.epsilon(),
        "ACTIVATION",
        config.activation().expression(),
        "TIED",
        config.tied(),
        "WINDOW",
        0,
        "WINDOWS",
        java.util.Collections.nCopies(config.blocks(), 0));
  }

  private void bindEnds(Parameters parameters) {
    long d = config.width();
    NDArray table = parameters.weight("transformer.wte.weight", config.vocabulary(), d);
    NDArray position = parameters.weight("transformer.wpe.weight", config.context(), d);
    List<NDArray> last = affine(parameters, "transformer.ln_f.", d);
    NDArray head =
        config.tied() ? null : parameters.weight("lm_head.weight", config.vocabulary(), d);
    Building.ends(
        program,
        fast,
        table,
        head,
        (rows, read) -> program.all("set_ends", rows, position, last, read));
  }

  private void bindBlock(Parameters parameters, int i) {
    String at = "transformer.h." + i + ".";
    long d = config.width();
    long m = config.mlpWidth();
    List<NDArray> norm1 = affine(parameters, at + "ln_1.", d);
    List<NDArray> norm2 = affine(parameters, at + "ln_2.", d);
    List<NDArray> weights =
        List.of(
            parameters.outputsFirst(at + "attn.c_attn.weight", d, 3 * d),
            parameters.outputsFirst(at + "attn.c_proj.weight", d, d),
            parameters.outputsFirst(at + "mlp.c_fc.weight", d, m),
            parameters.outputsFirst(at + "mlp.c_proj.weight", m, d));
    List<NDArray> biases =
        List.of(
            parameters.weight(at + "attn.c_attn.bias", 3 * d),
            parameters.weight(at + "attn.c_proj.bias", d),
            parameters.weight(at + "mlp.c_fc.bias", m),
            parameters.weight(at + "mlp.c_proj.bias", d));
    program.all("set_block", norm1, norm2, weights, biases);
  }

  private static List<NDArray> affine(Parameters parameters, String at, long d) {
    return List.of(parameters.weight(at + "weight", d), parameters.weight(at + "bias", d));
  }
}
