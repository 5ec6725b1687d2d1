package org.safety4j.core.nn.vit;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.torch.TorchProgram;

/** Takes a vision transformer's parameters by their names and hands them to its program. */
final class VitBinding {
  private final VitConfig config;
  private final Normalization normalization;
  private final Parameters parameters;
  private final String model;

  VitBinding(VitConfig config, Normalization normalization, Parameters parameters) {
    this.config = config;
    this.normalization = normalization;
    this.parameters = parameters;
    this.model = config.head() == VitConfig.Head.CLASS_TOKEN ? "vit." : "deit.";
  }

  void bind(TorchProgram program) {
    long d = config.width();
    program.all("set_stem", stem(), prefix());
    List<List<NDArray>> roles =
        Stream.generate(ArrayList<NDArray>::new).limit(12).map(l -> (List<NDArray>) l).toList();
    for (int i = 0; i < config.blocks(); i++) {
      List<NDArray> block = block(model + "encoder.layer." + i + ".", d);
      for (int role = 0; role < roles.size(); role++) {
        roles.get(role).add(block.get(role));
      }
    }
    program.all("set_blocks", roles.toArray());
    List<NDArray> last =
        List.of(
            parameters.weight(model + "layernorm.weight", d),
            parameters.weight(model + "layernorm.bias", d));
    program.all(
        "set_head", last, heads("weight", config.classes(), d), heads("bias", config.classes()));
  }

  private List<NDArray> stem() {
    long c = config.channels();
    String embeddings = model + "embeddings.";
    long d = config.width();
    return List.of(
        parameters.perChannel(normalization.mean()),
        parameters.perChannel(normalization.std()),
        parameters.weight(
            embeddings + "patch_embeddings.projection.weight",
            d,
            c,
            config.patchSize(),
            config.patchSize()),
        parameters.weight(embeddings + "patch_embeddings.projection.bias", d),
        parameters.weight(embeddings + "position_embeddings", 1, config.tokens(), d));
  }

  private List<NDArray> prefix() {
    List<NDArray> tokens = new ArrayList<>();
    tokens.add(parameters.weight(model + "embeddings.cls_token", 1, 1, config.width()));
    if (config.head().tokens() == 2) {
      tokens.add(parameters.weight(model + "embeddings.distillation_token", 1, 1, config.width()));
    }
    return tokens;
  }

  /** In the order of the program's set_blocks. */
  private List<NDArray> block(String at, long d) {
    String attention = at + "attention.attention.";
    List<String> roles = List.of("query", "key", "value");
    long m = config.mlpWidth();
    return List.of(
        parameters.weight(at + "layernorm_before.weight", d),
        parameters.weight(at + "layernorm_before.bias", d),
        parameters.joined(
            attention + "qkv.weight",
            roles.stream().map(r -> attention + r + ".weight").toList(),
            d,
            d),
        config.biased()
            ? parameters.joined(
                attention + "qkv.bias",
                roles.stream().map(r -> attention + r + ".bias").toList(),
                d)
            : parameters.constant(new float[3 * config.width()], 3 * d),
        parameters.weight(at + "attention.output.dense.weight", d, d),
        parameters.weight(at + "attention.output.dense.bias", d),
        parameters.weight(at + "layernorm_after.weight", d),
        parameters.weight(at + "layernorm_after.bias", d),
        parameters.weight(at + "intermediate.dense.weight", m, d),
        parameters.weight(at + "intermediate.dense.bias", m),
        parameters.weight(at + "output.dense.weight", d, m),
        parameters.weight(at + "output.dense.bias", d));
  }

  private List<NDArray> heads(String role, long... shape) {
    return config.head().heads() == 1
        ? List.of(parameters.weight("classifier." + role, shape))
        : List.of(
            parameters.weight("cls_classifier." + role, shape),
            parameters.weight("distillation_classifier." + role, shape));
  }
}
