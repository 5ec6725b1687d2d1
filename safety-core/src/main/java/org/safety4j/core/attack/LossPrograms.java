package org.safety4j.core.attack;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/** The closed forms of the losses in this package. */
final class LossPrograms {
  private static final TorchProgram PROGRAM =
      TorchProgram.resource(
          LossPrograms.class, "losses.torch.py", Map.of("lowest", -3.4e38, "tiny", 1e-12));

  private LossPrograms() {}

  static NDArray call(String name, NDArray logits, NDArray labels) {
    return PROGRAM.one(name, logits, labels);
  }

  static NDArray call(String name, NDArray logits, NDArray labels, double number) {
    try (NDArray n = logits.getManager().create((float) number)) {
      return PROGRAM.one(name, logits, labels, n);
    }
  }

  /** The result and its negative never live at once in a caller's scope. */
  static NDArray negated(NDArray value) {
    try (value) {
      return value.neg();
    }
  }
}
