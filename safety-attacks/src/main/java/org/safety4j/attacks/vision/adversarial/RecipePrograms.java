package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/** Fused operations of the recipes that have loops of their own. */
final class RecipePrograms {
  /** Keeps a division by a norm finite where the gradient is zero. */
  private static final double TINY = 1e-20;

  private static final TorchProgram PROGRAM =
      TorchProgram.resource(RecipePrograms.class, "recipes.torch.py", Map.of("tiny", TINY));

  private RecipePrograms() {}

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
