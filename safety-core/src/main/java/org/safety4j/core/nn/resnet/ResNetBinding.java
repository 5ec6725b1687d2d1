package org.safety4j.core.nn.resnet;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Takes a residual network's parameters by their names and hands them to its program, convolution
 * after convolution: the stem; then of each layer the projection, if it has one, and its
 * convolutions.
 */
final class ResNetBinding {
  private final ResNetConfig config;
  private final Parameters parameters;
  private final List<NDArray> kernels = new ArrayList<>();
  private final List<NDArray> scales = new ArrayList<>();
  private final List<NDArray> shifts = new ArrayList<>();
  private final List<NDArray> means = new ArrayList<>();
  private final List<NDArray> variances = new ArrayList<>();

  ResNetBinding(ResNetConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /** The number of the first convolution of each stage. */
  static List<Integer> starts(ResNetConfig config) {
    List<Integer> starts = new ArrayList<>();
    int next = 1;
    for (int s = 0; s < config.widths().size(); s++) {
      starts.add(next);
      int each = config.layer() == ResNetConfig.Layer.BASIC ? 2 : 3;
      next += each * config.depths().get(s) + (config.projects(s) ? 1 : 0);
    }
    return starts;
  }

  void bind(TorchProgram program, Normalization normalization) {
    long c = config.channels();
    unit("resnet.embedder.embedder.", config.stem().width(), c, config.stem().kernel());
    for (int s = 0; s < config.widths().size(); s++) {
      stage("resnet.encoder.stages." + s + ".layers.", s);
    }
    program.all("set_units", kernels, scales, shifts, means, variances);
    long last = config.widths().get(config.widths().size() - 1);
    program.all(
        "set_ends",
        List.of(
            parameters.perChannel(normalization.mean()),
            parameters.perChannel(normalization.std())),
        List.of(
            parameters.weight("classifier.1.weight", config.classes(), last),
            parameters.weight("classifier.1.bias", config.classes())));
  }

  private void stage(String layers, int s) {
    int out = config.widths().get(s);
    for (int d = 0; d < config.depths().get(s); d++) {
      int in = d == 0 ? config.before(s) : out;
      String at = layers + d + ".";
      if (d == 0 && config.projects(s)) {
        unit(at + "shortcut.", out, in, 1);
      }
      if (config.layer() == ResNetConfig.Layer.BASIC) {
        unit(at + "layer.0.", out, in, 3);
        unit(at + "layer.1.", out, out, 3);
      } else {
        unit(at + "layer.0.", out / 4, in, 1);
        unit(at + "layer.1.", out / 4, out / 4, 3);
        unit(at + "layer.2.", out, out / 4, 1);
      }
    }
  }

  private void unit(String at, long out, long in, long kernel) {
    kernels.add(parameters.weight(at + "convolution.weight", out, in, kernel, kernel));
    scales.add(parameters.weight(at + "normalization.weight", out));
    shifts.add(parameters.weight(at + "normalization.bias", out));
    means.add(parameters.buffer(at + "normalization.running_mean", out));
    variances.add(parameters.buffer(at + "normalization.running_var", out));
  }
}
