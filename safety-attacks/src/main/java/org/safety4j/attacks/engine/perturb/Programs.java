package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/** The engine's fused operations. */
final class Programs {
  /** Keeps a division by a norm finite where the gradient is zero. */
  private static final double TINY = 1e-20;

  private static final TorchProgram PROGRAM =
      TorchProgram.resource(Programs.class, "perturb.torch.py", Map.of("tiny", TINY));

  private Programs() {}

  static NDArray call(String name, Object... arguments) {
    return PROGRAM.one(name, arguments);
  }

  static NDList all(String name, Object... arguments) {
    return PROGRAM.all(name, arguments);
  }

  static NDArray scalar(NDArray like, double value) {
    return like.getManager().create((float) value);
  }
}
