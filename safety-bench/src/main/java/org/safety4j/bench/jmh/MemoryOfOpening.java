package org.safety4j.bench.jmh;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.tensor.Tensors;

/**
 * Prints what opening a language model costs: milliseconds, and the most memory during it, mapped
 * files aside, as a multiple of the size of its parameters in memory. Arguments: GGUF file or
 * folder, and {@code FULL} or {@code FAST}. Linux only, where the kernel tells.
 */
public final class MemoryOfOpening {
  private static final double MEGA = 1 << 20;

  private MemoryOfOpening() {}

  /**
   * Opens the model.
   *
   * @param args file or folder, precision
   */
  public static void main(String[] args) {
    Precision precision = Precision.valueOf(args[1]);
    Tensors.newManager().close(); // the engine's own memory is not the model's
    double before = ProcessMemory.anonymous();
    long start = System.nanoTime();
    AtomicReference<CausalLm.Gray> opened = new AtomicReference<>();
    double most =
        ProcessMemory.most(() -> opened.set(LanguageModels.causalLm(Path.of(args[0]), precision)));
    double millis = (System.nanoTime() - start) / 1e6;
    try (CausalLm.Gray lm = opened.get()) {
      double size = lm.card().parameters() * (precision == Precision.FULL ? 4 : 2) / MEGA;
      System.out.printf(
          Locale.ROOT,
          "%s\t%.0f ms\tparameters %.0f MB\tmost while opening %.0f MB\tratio %.2f%n",
          precision,
          millis,
          size,
          most - before,
          (most - before) / size);
    }
  }
}
