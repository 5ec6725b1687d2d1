package org.safety4j.core.nn.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.Dense;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.ParameterCopies;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.nn.diffusion.UNetConfig.Attention;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * A denoiser with skips between its way down and its way up, without text ({@code UNet2DModel}) or
 * with it ({@code UNet2DConditionModel}). The whole network is one program call, part of the graph
 * if one is recorded. Parameters have their names in a checkpoint and may be overwritten; they do
 * not ask for gradients unless a training makes them.
 *
 * <p><b>Source</b>: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020;
 * Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022.
 * <b>Deviations</b>: none in evaluation; dropout is not applied in training.
 *
 * <p>Any number of threads may ask at once, while none overwrites parameters.
 */
public final class UNet implements Artifact, HasParameters {
  private final UNetConfig config;
  private final NDManager manager;
  private final Parameters parameters;
  private final TorchProgram program;
  private final List<String> textLayers;

  private UNet(
      UNetConfig config,
      NDManager manager,
      Parameters parameters,
      TorchProgram program,
      List<String> textLayers) {
    this.config = config;
    this.manager = manager;
    this.parameters = parameters;
    this.program = program;
    this.textLayers = List.copyOf(textLayers);
  }

  /**
   * What a pass shows. Part of the graph if one is recorded.
   *
   * @param answer the network's answer, {@code [N, C, H, W]}
   * @param crossAttention weights from pixels to text tokens, {@code [N, heads, pixels, T]}, of
   *     every layer that attends to text, keyed by its name; in the order of computation
   */
  public record Trace(NDArray answer, Map<String, NDArray> crossAttention) {}

  /**
   * Makes an untrained network.
   *
   * @param config its shape
   * @param rng what its parameters are drawn from
   * @return the network, to be closed by the caller
   */
  public static UNet initial(UNetConfig config, Rng rng) {
    return of(config, InitialParameters.of(rng));
  }

  /**
   * Builds a network from parameters under the names that diffusers gives them.
   *
   * @param config its shape
   * @param source the parameters
   * @return the network, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static UNet of(UNetConfig config, ParameterSource source) {
    NDManager manager = Tensors.newManager();
    TorchProgram program = null;
    try {
      Parameters parameters = new Parameters(manager, source);
      List<String> textLayers = new ArrayList<>();
      take(config, new BlockParameters(parameters), textLayers);
      program =
          TorchProgram.compile(
              "unet",
              Dense.text()
                  + TorchProgram.text(UNet.class, "blocks.torch.py")
                  + TorchProgram.text(UNet.class, "unet.torch.py"),
              constants(config));
      program.all("bind", parameters.trainable());
      return new UNet(config, manager, parameters, program, textLayers);
    } catch (RuntimeException e) {
      if (program != null) {
        program.close();
      }
      manager.close();
      throw e;
    }
  }

  private static Map<String, Object> constants(UNetConfig c) {
    Map<String, Object> constants = new LinkedHashMap<>();
    constants.put("ACTIVATION", c.activation().expression());
    Activation outer = c.textWidth() > 0 ? c.activation() : Activation.SILU;
    constants.put("OUTER_ACTIVATION", outer.expression());
    constants.put("GROUPS", c.groups());
    constants.put("EPSILON", c.epsilon());
    constants.put("SCALE_SHIFT", c.scaleShift());
    constants.put("TIME_INPUT", c.channels().get(0));
    constants.put("FREQUENCY_SHIFT", c.frequencyShift());
    constants.put("COSINE_FIRST", c.cosineFirst());
    constants.put("LINEAR_PROJECTION", c.linearProjection());
    constants.put("DOWN", c.down().stream().map(Attention::code).toList());
    constants.put("UP", c.up().stream().map(Attention::code).toList());
    constants.put("MIDDLE", c.middle().code());
    constants.put("MIDDLE_SCALE", c.middleScale());
    constants.put("LAYERS", c.layers());
    constants.put("HEADS", c.heads());
    constants.put("DEPTH", c.depth());
    constants.put("BLOCKS", c.levels());
    constants.put("CENTRE", c.centre());
    constants.put("DOWN_PADDING", c.downPadding());
    return constants;
  }

  /** Takes the parameters in the order of computation, and names the layers that attend to text. */
  private static void take(UNetConfig c, BlockParameters blocks, List<String> textLayers) {
    int first = c.channels().get(0);
    int last = c.levels() - 1;
    int time = 4 * first;
    blocks.linear("time_embedding.linear_1", first, time);
    blocks.linear("time_embedding.linear_2", time, time);
    blocks.conv("conv_in", c.inChannels(), first, c.inKernel());
    Deque<Integer> skips = new ArrayDeque<>();
    skips.push(first);
    int width = first;
    for (int i = 0; i <= last; i++) {
      String block = "down_blocks." + i;
      int out = c.channels().get(i);
      for (int j = 0; j < c.layers().get(i); j++) {
        blocks.resnet(block + ".resnets." + j, width, out, time, c.scaleShift());
        width = out;
        attend(c, blocks, c.down().get(i), block + ".attentions." + j, i, true, textLayers);
        skips.push(width);
      }
      if (i < last) {
        blocks.conv(block + ".downsamplers.0.conv", width, width, 3);
        skips.push(width);
      }
    }
    if (c.middle() != Attention.ABSENT) {
      blocks.resnet("mid_block.resnets.0", width, width, time, c.scaleShift());
      attend(c, blocks, c.middle(), "mid_block.attentions.0", last, !c.scaleShift(), textLayers);
      blocks.resnet("mid_block.resnets.1", width, width, time, c.scaleShift());
    }
    for (int i = 0; i <= last; i++) {
      String block = "up_blocks." + i;
      int level = last - i;
      int out = c.channels().get(level);
      for (int j = 0; j <= c.layers().get(level); j++) {
        blocks.resnet(block + ".resnets." + j, width + skips.pop(), out, time, c.scaleShift());
        width = out;
        attend(c, blocks, c.up().get(i), block + ".attentions." + j, level, true, textLayers);
      }
      if (i < last) {
        blocks.conv(block + ".upsamplers.0.conv", width, width, 3);
      }
    }
    blocks.norm("conv_norm_out", width);
    blocks.conv("conv_out", width, c.outChannels(), c.outKernel());
  }

  private static void attend(
      UNetConfig c,
      BlockParameters blocks,
      Attention kind,
      String name,
      int level,
      boolean normed,
      List<String> textLayers) {
    int width = c.channels().get(level);
    if (kind == Attention.PIXELS) {
      blocks.attention(name, width, normed);
    } else if (kind == Attention.TEXT) {
      int depth = c.depth().get(level);
      blocks.transformer(name, width, c.textWidth(), depth, c.linearProjection());
      for (int k = 0; k < depth; k++) {
        textLayers.add(name + ".transformer_blocks." + k + ".attn2");
      }
    }
  }

  /**
   * Asks the network.
   *
   * @param latents {@code [N, C, H, W]}
   * @param timesteps training steps, int64 {@code [N]} or {@code [1]}
   * @param text text embeddings {@code [N, T, D]}; null for a network without text
   * @return what the network was trained to answer, {@code [N, C', H, W]}
   * @throws IllegalArgumentException if a shape does not fit
   */
  public NDArray answer(NDArray latents, NDArray timesteps, NDArray text) {
    check(latents, timesteps, text);
    return text == null
        ? program.one("answer", latents, timesteps)
        : program.one("answer_text", latents, timesteps, text);
  }

  /**
   * Asks the network and shows where it looked in the text.
   *
   * @param latents {@code [N, C, H, W]}
   * @param timesteps training steps, int64 {@code [N]} or {@code [1]}
   * @param text text embeddings {@code [N, T, D]}; null for a network without text
   * @return answer and maps, owned by the caller
   * @throws IllegalArgumentException if a shape does not fit
   */
  public Trace trace(NDArray latents, NDArray timesteps, NDArray text) {
    check(latents, timesteps, text);
    if (text == null) {
      return new Trace(program.one("answer", latents, timesteps), Map.of());
    }
    NDList out = program.all("trace_text", latents, timesteps, text);
    Map<String, NDArray> maps = new LinkedHashMap<>();
    for (int i = 0; i < textLayers.size(); i++) {
      maps.put(textLayers.get(i), out.get(i + 1));
    }
    return new Trace(out.get(0), maps);
  }

  private void check(NDArray latents, NDArray timesteps, NDArray text) {
    Shape shape = latents.getShape();
    Require.that(
        shape.dimension() == 4 && shape.get(1) == config.inChannels(),
        "latents must be [N, " + config.inChannels() + ", H, W], were " + shape);
    Shape steps = timesteps.getShape();
    Require.that(
        steps.dimension() == 1 && (steps.get(0) == 1 || steps.get(0) == shape.get(0)),
        "timesteps must be [" + shape.get(0) + "] or [1], were " + steps);
    if (config.takesText()) {
      Require.that(text != null, "this network wants text embeddings");
      Shape words = text.getShape();
      Require.that(
          words.dimension() == 3
              && words.get(0) == shape.get(0)
              && words.get(2) == config.textWidth(),
          "text must be [" + shape.get(0) + ", T, " + config.textWidth() + "], was " + words);
    } else {
      Require.that(text == null, "this network takes no text embeddings");
    }
  }

  /**
   * Copies the network.
   *
   * @return a network with weights of its own, to be closed by the caller
   */
  public UNet copy() {
    return of(config, ParameterCopies.of(parameters.trainable()));
  }

  /**
   * Returns the network's shape.
   *
   * @return its configuration
   */
  public UNetConfig config() {
    return config;
  }

  /**
   * Returns the layers that attend to text, in the order of computation. The parameters of layer
   * {@code L} are {@code L.to_q.weight}, {@code L.to_k.weight}, {@code L.to_v.weight} and {@code
   * L.to_out.0.weight}.
   *
   * @return names, empty for a network without text
   */
  public List<String> textLayers() {
    return textLayers;
  }

  /**
   * Returns the manager that the weights hang on.
   *
   * @return closed with the network
   */
  public NDManager manager() {
    return manager;
  }

  @Override
  public Parameters stored() {
    return parameters;
  }

  @Override
  public void close() {
    program.close();
    manager.close();
  }
}
