package org.safety4j.core.nn.sam;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.Map;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.Parameters;

/** Takes a segmenter's parameters by their names in a checkpoint. */
final class SamBinding {
  private static final String POSITIONS = "shared_image_embedding.positional_embedding";

  private final SamConfig config;
  private final Normalization normalization;
  private final Parameters parameters;
  private final Map<String, NDArray> bound = new LinkedHashMap<>();

  SamBinding(SamConfig config, Normalization normalization, Parameters parameters) {
    this.config = config;
    this.normalization = normalization;
    this.parameters = parameters;
  }

  static Map<String, Object> constants(SamConfig c) {
    SamConfig.Vision v = c.vision();
    int headWidth = v.width() / v.heads();
    Map<String, Object> constants = new LinkedHashMap<>();
    constants.put("VISION_ACTIVATION", v.activation().expression());
    constants.put("VISION_EPSILON", v.epsilon());
    constants.put("IMAGE", (double) v.imageSize());
    constants.put("PATCH", v.patchSize());
    constants.put("SIDE", v.side());
    constants.put("BLOCKS", v.blocks());
    constants.put("WINDOWS", v.windows());
    constants.put("HEADS", v.heads());
    constants.put("HEAD_WIDTH", headWidth);
    constants.put("SCALE", 1 / Math.sqrt(headWidth));
    constants.put("QKV_BIAS", v.biased());
    constants.put("ABSOLUTE", v.absolute());
    constants.put("RELATIVE", v.relative());
    constants.put("PROMPT_ACTIVATION", c.prompt().activation().expression());
    constants.put("PROMPT_EPSILON", c.prompt().epsilon());
    constants.put("DECODER_ACTIVATION", c.decoder().activation().expression());
    constants.put("DECODER_EPSILON", c.decoder().epsilon());
    constants.put("DECODER_HEADS", c.decoder().heads());
    constants.put("DECODER_LAYERS", c.decoder().layers());
    constants.put("MASKS", c.decoder().masks());
    constants.put("IOU_LAYERS", c.decoder().overlapDepth() - 2);
    return constants;
  }

  Map<String, NDArray> take() {
    bound.put("mean", parameters.perChannel(normalization.mean()));
    bound.put("std", parameters.perChannel(normalization.std()));
    vision();
    prompts();
    decoder();
    return bound;
  }

  private void vision() {
    SamConfig.Vision v = config.vision();
    String p = "vision_encoder.";
    weight(
        p + "patch_embed.projection.weight", v.width(), v.channels(), v.patchSize(), v.patchSize());
    weight(p + "patch_embed.projection.bias", v.width());
    if (v.absolute()) {
      weight(p + "pos_embed", 1, v.side(), v.side(), v.width());
    }
    for (int i = 0; i < v.blocks(); i++) {
      String block = p + "layers." + i;
      norm(block + ".layer_norm1", v.width());
      weight(block + ".attn.qkv.weight", 3L * v.width(), v.width());
      if (v.biased()) {
        weight(block + ".attn.qkv.bias", 3L * v.width());
      }
      if (v.relative()) {
        int side = v.global().contains(i) ? v.side() : v.window();
        weight(block + ".attn.rel_pos_h", 2L * side - 1, v.width() / v.heads());
        weight(block + ".attn.rel_pos_w", 2L * side - 1, v.width() / v.heads());
      }
      linear(block + ".attn.proj", v.width(), v.width());
      norm(block + ".layer_norm2", v.width());
      linear(block + ".mlp.lin1", v.width(), v.mlpWidth());
      linear(block + ".mlp.lin2", v.mlpWidth(), v.width());
    }
    weight(p + "neck.conv1.weight", v.outWidth(), v.width(), 1, 1);
    norm(p + "neck.layer_norm1", v.outWidth());
    weight(p + "neck.conv2.weight", v.outWidth(), v.outWidth(), 3, 3);
    norm(p + "neck.layer_norm2", v.outWidth());
  }

  private void prompts() {
    long width = config.vision().outWidth();
    long masks = config.prompt().maskChannels();
    bound.put(POSITIONS, parameters.buffer(POSITIONS, 2, width / 2));
    String p = "prompt_encoder.";
    for (int i = 0; i < 4; i++) {
      weight(p + "point_embed." + i + ".weight", 1, width);
    }
    weight(p + "not_a_point_embed.weight", 1, width);
    weight(p + "no_mask_embed.weight", 1, width);
    conv(p + "mask_embed.conv1", 1, masks / 4, 2);
    norm(p + "mask_embed.layer_norm1", masks / 4);
    conv(p + "mask_embed.conv2", masks / 4, masks, 2);
    norm(p + "mask_embed.layer_norm2", masks);
    conv(p + "mask_embed.conv3", masks, width, 1);
  }

  private void decoder() {
    SamConfig.Decoder d = config.decoder();
    long width = config.vision().outWidth();
    String p = "mask_decoder.";
    weight(p + "iou_token.weight", 1, width);
    weight(p + "mask_tokens.weight", d.masks() + 1L, width);
    for (int i = 0; i < d.layers(); i++) {
      String layer = p + "transformer.layers." + i;
      attention(layer + ".self_attn", width, width);
      norm(layer + ".layer_norm1", width);
      attention(layer + ".cross_attn_token_to_image", width, width / 2);
      norm(layer + ".layer_norm2", width);
      linear(layer + ".mlp.lin1", width, d.mlpWidth());
      linear(layer + ".mlp.lin2", d.mlpWidth(), width);
      norm(layer + ".layer_norm3", width);
      attention(layer + ".cross_attn_image_to_token", width, width / 2);
      norm(layer + ".layer_norm4", width);
    }
    attention(p + "transformer.final_attn_token_to_image", width, width / d.narrowing());
    norm(p + "transformer.layer_norm_final_attn", width);
    weight(p + "upscale_conv1.weight", width, width / 4, 2, 2);
    weight(p + "upscale_conv1.bias", width / 4);
    norm(p + "upscale_layer_norm", width / 4);
    weight(p + "upscale_conv2.weight", width / 4, width / 8, 2, 2);
    weight(p + "upscale_conv2.bias", width / 8);
    for (int i = 0; i <= d.masks(); i++) {
      perceptron(p + "output_hypernetworks_mlps." + i, width, width, width / 8, 3);
    }
    perceptron(
        p + "iou_prediction_head", width, d.overlapWidth(), d.masks() + 1L, d.overlapDepth());
  }

  private void perceptron(String name, long in, long hidden, long out, int depth) {
    linear(name + ".proj_in", in, hidden);
    for (int i = 0; i < depth - 2; i++) {
      linear(name + ".layers." + i, hidden, hidden);
    }
    linear(name + ".proj_out", hidden, out);
  }

  private void attention(String name, long width, long inner) {
    linear(name + ".q_proj", width, inner);
    linear(name + ".k_proj", width, inner);
    linear(name + ".v_proj", width, inner);
    linear(name + ".out_proj", inner, width);
  }

  private void norm(String name, long width) {
    weight(name + ".weight", width);
    weight(name + ".bias", width);
  }

  private void linear(String name, long in, long out) {
    weight(name + ".weight", out, in);
    weight(name + ".bias", out);
  }

  private void conv(String name, long in, long out, long kernel) {
    weight(name + ".weight", out, in, kernel, kernel);
    weight(name + ".bias", out);
  }

  private void weight(String name, long... shape) {
    bound.put(name, parameters.weight(name, shape));
  }
}
