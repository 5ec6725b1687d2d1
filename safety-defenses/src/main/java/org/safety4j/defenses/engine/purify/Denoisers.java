package org.safety4j.defenses.engine.purify;

import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/** The program of the denoisers. */
final class Denoisers {
  private Denoisers() {}

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(Denoisers.class, "denoise.torch.py", Map.of());
  }

  static TorchProgram program() {
    return Holder.PROGRAM;
  }
}
