package org.safety4j.bench.jmh;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.Decoding;

/**
 * Times a language model, for a comparison with another implementation on the same weights: see
 * docs/benchmarks/lm_vs_transformers.py. Arguments: GGUF file or folder, new tokens. Each line read
 * is a precision and a task: {@code open}; {@code first 1} and {@code all 1}, one token and one
 * more than the new tokens behind a prompt of 32, for a batch of 1 or 16; {@code prefill}, one
 * token behind 512; in full precision also {@code logits}, of all 512, and {@code gradient}, of 64
 * tokens. The line written has milliseconds.
 */
public final class TimeLm {
  private static final int PROMPT = 32;
  private static final int LONG_PROMPT = 512;
  private static final int WITH_GRADIENT = 64;
  private static final int[] BATCHES = {1, 16};

  private TimeLm() {}

  /**
   * Runs the timing.
   *
   * @param args file or folder, new tokens
   */
  public static void main(String[] args) {
    Path path = Path.of(args[0]);
    int tokens = Integer.parseInt(args[1]);
    try (CausalLm.White full = LanguageModels.causalLm(path);
        CausalLm.Gray fast = LanguageModels.causalLm(path, Precision.FAST)) {
      Requests requests = new Requests();
      add(requests, Precision.FULL, path, full, tokens);
      add(requests, Precision.FAST, path, fast, tokens);
      requests
          .with("FULL logits", () -> logits(full))
          .with("FULL gradient", () -> gradient(full))
          .serve(System.in, System.out);
    }
  }

  private static void add(
      Requests requests, Precision precision, Path path, CausalLm.Gray lm, int tokens) {
    String at = precision + " ";
    requests.with(at + "open", () -> LanguageModels.causalLm(path, precision).close());
    for (int batch : BATCHES) {
      List<int[]> prompts = IntStream.range(0, batch).mapToObj(i -> ids(PROMPT, i)).toList();
      Decoding one = Decoding.greedy(1).endless();
      Decoding all = Decoding.greedy(1 + tokens).endless();
      requests.with(at + "first " + batch, () -> lm.generate(prompts, one));
      requests.with(at + "all " + batch, () -> lm.generate(prompts, all));
    }
    List<int[]> prompt = List.of(ids(LONG_PROMPT, 0));
    requests.with(at + "prefill", () -> lm.generate(prompt, Decoding.greedy(1).endless()));
  }

  /** Any ids do: what a step costs does not depend on them. */
  private static int[] ids(int length, int row) {
    return IntStream.range(0, length).map(i -> 1_000 + (37 * i + 101 * row) % 1_000).toArray();
  }

  private static NDArray row(CausalLm.White lm, int length) {
    long[] longs = Arrays.stream(ids(length, 0)).asLongStream().toArray();
    return lm.manager().create(longs, new Shape(1, longs.length));
  }

  private static void logits(CausalLm.White lm) {
    try (NDArray ids = row(lm, LONG_PROMPT)) {
      lm.logits(ids, LmContext.whole()).close();
    }
  }

  private static void gradient(CausalLm.White white) {
    try (Scope scope = Scope.open()) {
      NDArray x = white.embed(row(white, WITH_GRADIENT));
      Grad.of(e -> white.logitsOf(e, LmContext.whole()).sum(), x);
    }
  }
}
