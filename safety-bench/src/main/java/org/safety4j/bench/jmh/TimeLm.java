package org.safety4j.bench.jmh;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.Decoding;

/**
 * Times a language model, for a comparison with another implementation on the same weights: see
 * docs/benchmarks/lm_vs_transformers.py. Arguments: GGUF file or folder, new tokens, repetitions.
 * Prints lines of precision, what, and the median in tokens a second; for gradients, milliseconds.
 */
public final class TimeLm {
  private static final int PROMPT = 32;
  private static final int LONG_PROMPT = 512;
  private static final int WITH_GRADIENT = 64;
  private static final int[] BATCHES = {1, 16};

  private final CausalLm.Gray lm;
  private final int repetitions;

  private TimeLm(CausalLm.Gray lm, int repetitions) {
    this.lm = lm;
    this.repetitions = repetitions;
  }

  /**
   * Runs the timing.
   *
   * @param args file or folder, new tokens, repetitions
   */
  public static void main(String[] args) {
    Path path = Path.of(args[0]);
    int tokens = Integer.parseInt(args[1]);
    int repetitions = Integer.parseInt(args[2]);
    for (Precision precision : Precision.values()) {
      long start = System.nanoTime();
      try (CausalLm.Gray lm = LanguageModels.causalLm(path, precision)) {
        print(precision, "open, ms", (System.nanoTime() - start) / 1e6);
        TimeLm timing = new TimeLm(lm, repetitions);
        for (int batch : BATCHES) {
          print(precision, "decode, batch " + batch, timing.decode(batch, tokens));
        }
        print(precision, "prefill " + LONG_PROMPT, timing.prefill());
        if (lm instanceof CausalLm.White white) {
          print(precision, "gradient, ms", timing.gradient(white));
        }
      }
    }
  }

  private static void print(Precision precision, String what, double value) {
    System.out.printf(Locale.ROOT, "%s\t%s\t%.2f%n", precision, what, value);
  }

  /** Any ids do: what a step costs does not depend on them. */
  private static int[] ids(int length, int row) {
    int[] ids = new int[length];
    for (int i = 0; i < length; i++) {
      ids[i] = 1_000 + (37 * i + 101 * row) % 1_000;
    }
    return ids;
  }

  /** New tokens a second, prompts not counted: the time of the first token is taken off. */
  private double decode(int batch, int tokens) {
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      prompts.add(ids(PROMPT, i));
    }
    Decoding first = Decoding.greedy(1).endless();
    Decoding all = Decoding.greedy(1 + tokens).endless();
    double seconds =
        median(() -> lm.generate(prompts, all)) - median(() -> lm.generate(prompts, first));
    return batch * tokens / seconds;
  }

  private double prefill() {
    List<int[]> prompt = List.of(ids(LONG_PROMPT, 0));
    Decoding first = Decoding.greedy(1).endless();
    return LONG_PROMPT / median(() -> lm.generate(prompt, first));
  }

  /** Milliseconds of logits and the gradient of their sum to the embeddings. */
  private double gradient(CausalLm.White white) {
    try (Scope scope = Scope.open()) {
      int[] tokens = ids(WITH_GRADIENT, 0);
      long[] longs = Arrays.stream(tokens).asLongStream().toArray();
      NDArray x = white.embed(white.manager().create(longs, new Shape(1, longs.length)));
      return 1e3
          * median(
              () -> {
                try (Scope inner = Scope.open()) {
                  Grad.of(e -> white.logitsOf(e, LmContext.whole()).sum(), x);
                }
              });
    }
  }

  private double median(Runnable task) {
    task.run();
    double[] seconds = new double[repetitions];
    for (int i = 0; i < repetitions; i++) {
      long start = System.nanoTime();
      task.run();
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    Arrays.sort(seconds);
    return seconds[repetitions / 2];
  }
}
