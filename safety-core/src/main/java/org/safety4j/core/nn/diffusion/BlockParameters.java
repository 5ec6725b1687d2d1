package org.safety4j.core.nn.diffusion;

import org.safety4j.core.nn.Parameters;

/** Takes the parameters of the blocks in {@code blocks.torch.py}, under the same names. */
final class BlockParameters {
  private final Parameters parameters;

  BlockParameters(Parameters parameters) {
    this.parameters = parameters;
  }

  void norm(String name, long channels) {
    parameters.weight(name + ".weight", channels);
    parameters.weight(name + ".bias", channels);
  }

  void conv(String name, long in, long out, long kernel) {
    parameters.weight(name + ".weight", out, in, kernel, kernel);
    parameters.weight(name + ".bias", out);
  }

  void linear(String name, long in, long out) {
    project(name, in, out);
    parameters.weight(name + ".bias", out);
  }

  void project(String name, long in, long out) {
    parameters.weight(name + ".weight", out, in);
  }

  /**
   * A residual layer; {@code time} is the width of what its time embedding is projected from to, 0
   * for none.
   */
  void resnet(String name, long in, long out, long time, boolean scaleShift) {
    norm(name + ".norm1", in);
    conv(name + ".conv1", in, out, 3);
    if (time > 0) {
      linear(name + ".time_emb_proj", time, scaleShift ? 2 * out : out);
    }
    norm(name + ".norm2", out);
    conv(name + ".conv2", out, out, 3);
    if (in != out) {
      conv(name + ".conv_shortcut", in, out, 1);
    }
  }

  void attention(String name, long channels, boolean normed) {
    if (normed) {
      norm(name + ".group_norm", channels);
    }
    for (String part : new String[] {".to_q", ".to_k", ".to_v", ".to_out.0"}) {
      linear(name + part, channels, channels);
    }
  }

  void transformer(String name, long width, long text, long depth, boolean linearProjection) {
    norm(name + ".norm", width);
    projection(name + ".proj_in", width, linearProjection);
    for (int k = 0; k < depth; k++) {
      String layer = name + ".transformer_blocks." + k;
      for (int n = 1; n <= 3; n++) {
        norm(layer + ".norm" + n, width);
      }
      attend(layer + ".attn1", width, width);
      attend(layer + ".attn2", width, text);
      linear(layer + ".ff.net.0.proj", width, 8 * width);
      linear(layer + ".ff.net.2", 4 * width, width);
    }
    projection(name + ".proj_out", width, linearProjection);
  }

  private void projection(String name, long width, boolean linear) {
    if (linear) {
      linear(name, width, width);
    } else {
      conv(name, width, width, 1);
    }
  }

  private void attend(String name, long width, long context) {
    project(name + ".to_q", width, width);
    project(name + ".to_k", context, width);
    project(name + ".to_v", context, width);
    linear(name + ".to_out.0", width, width);
  }
}
