package org.safety4j.bench.jmh;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the benchmarks and prints each as a ratio to the bare call that it is made of. */
public final class Ratios {
  /** A loop, the bare call that it is measured against, and the ratio to stay below. */
  private record Pair(String loop, String bare, double target) {}

  private static final List<Pair> PAIRS =
      List.of(
          new Pair("EvasionBenchmark.gradient", "EvasionBenchmark.forwardBackward", 1.03),
          new Pair("EvasionBenchmark.pgdStep", "EvasionBenchmark.forwardBackward", 1.03),
          new Pair("EvasionBenchmark.squareQuery", "EvasionBenchmark.forward", 1.05),
          new Pair("EvasionBenchmark.smoothedCopy", "EvasionBenchmark.forward", 1.10),
          new Pair("SafetensorsBenchmark.tensors", "SafetensorsBenchmark.bytes", 3.0));

  private Ratios() {}

  /**
   * Runs the benchmarks.
   *
   * @param args none
   * @throws RunnerException if a benchmark fails
   */
  public static void main(String[] args) throws RunnerException {
    print(System.out);
  }

  private static void print(PrintStream out) throws RunnerException {
    OptionsBuilder options = new OptionsBuilder();
    options
        .include("org\\.safety4j\\.bench\\.jmh\\..*")
        .verbosity(VerboseMode.SILENT)
        .shouldFailOnError(true);
    options.jvmArgsAppend("-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    Map<String, RunResult> results = new LinkedHashMap<>();
    for (RunResult result : new Runner(options.build()).run()) {
      String name = result.getParams().getBenchmark();
      results.put(name.substring("org.safety4j.bench.jmh.".length()), result);
    }
    out.println("loop\tms\tbare call\tms\tratio\ttarget");
    for (Pair pair : PAIRS) {
      double loop = score(results, pair.loop());
      double bare = score(results, pair.bare());
      out.printf(
          Locale.ROOT,
          "%s\t%.2f\t%s\t%.2f\t%.3f\t%.2f%n",
          pair.loop(),
          loop,
          pair.bare(),
          bare,
          loop / bare,
          pair.target());
    }
  }

  private static double score(Map<String, RunResult> results, String name) {
    return results.get(name).getPrimaryResult().getScore();
  }
}
