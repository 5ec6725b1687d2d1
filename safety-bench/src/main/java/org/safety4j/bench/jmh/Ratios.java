package org.safety4j.bench.jmh;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks some times over and prints each as a ratio to the bare call that it is made
 * of: every round gives one ratio, of times taken minutes apart at most, and their median and range
 * are printed.
 */
public final class Ratios {
  private static final String FORWARD = "EvasionBenchmark.forward";
  private static final String BOTH_WAYS = "EvasionBenchmark.forwardBackward";
  private static final int SHORT = 5;
  private static final int LONG = 20;

  /** Times of one round in milliseconds. */
  private record Round(Map<String, Double> times) {
    double of(String name) {
      Double time = times.get(name);
      if (time == null) {
        throw new IllegalArgumentException(
            "no benchmark " + name + "; there are " + times.keySet());
      }
      return time;
    }

    /** The cost of a step without what is paid once a run. */
    double step(String attack) {
      return (of(run(attack, LONG)) - of(run(attack, SHORT))) / (LONG - SHORT);
    }

    static String run(String attack, int steps) {
      return "EvasionBenchmark.attack:" + attack + ":" + steps;
    }
  }

  /** A loop, the bare call that it is measured against, and the ratio to stay below. */
  private record Pair(
      String loop, String bare, Double target, ToDoubleFunction<Round> time, double bareCalls) {
    static Pair call(String loop, String bare, Double target) {
      return new Pair(loop, bare, target, round -> round.of(loop), 1);
    }

    static Pair step(String attack, String bare, Double target) {
      return new Pair(attack + ", a step", bare, target, round -> round.step(attack), 1);
    }

    static Pair run(String attack, String bare) {
      ToDoubleFunction<Round> time = round -> round.of(Round.run(attack, LONG));
      return new Pair(attack + ", a run of " + LONG, bare, null, time, LONG);
    }

    double ratio(Round round) {
      return time.applyAsDouble(round) / (bareCalls * round.of(bare));
    }
  }

  private static final List<Pair> PAIRS =
      List.of(
          Pair.call("EvasionBenchmark.gradient", BOTH_WAYS, 1.03),
          Pair.step("pgd", BOTH_WAYS, 1.03),
          Pair.run("pgd", BOTH_WAYS),
          Pair.step("apgd", BOTH_WAYS, 1.05),
          Pair.step("cw", BOTH_WAYS, null),
          Pair.step("fab", BOTH_WAYS, null),
          Pair.step("square", FORWARD, 1.05),
          Pair.call("EvasionBenchmark.smoothedCopy", FORWARD, 1.10),
          Pair.call("BoundsBenchmark.intervals", "BoundsBenchmark.forward", null),
          Pair.call("SafetensorsBenchmark.tensors", "SafetensorsBenchmark.bytes", 3.0));

  private Ratios() {}

  /**
   * Runs the benchmarks.
   *
   * @param args number of rounds, 3 by default
   * @throws RunnerException if a benchmark fails
   */
  public static void main(String[] args) throws RunnerException {
    int rounds = args.length == 0 ? 3 : Integer.parseInt(args[0]);
    List<Round> all = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      all.add(round());
      System.err.println("round " + (i + 1) + " of " + rounds + " done");
    }
    print(all, System.out);
  }

  private static Round round() throws RunnerException {
    OptionsBuilder options = new OptionsBuilder();
    options
        .include("\\.(EvasionBenchmark|BoundsBenchmark|SafetensorsBenchmark)\\.")
        .verbosity(VerboseMode.SILENT)
        .shouldFailOnError(true);
    options.jvmArgsAppend("-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    Map<String, Double> times = new LinkedHashMap<>();
    for (RunResult result : new Runner(options.build()).run()) {
      times.put(name(result.getParams()), result.getPrimaryResult().getScore());
    }
    return new Round(times);
  }

  private static String name(BenchmarkParams params) {
    String name = params.getBenchmark().substring("org.safety4j.bench.jmh.".length());
    String attack = params.getParam("name");
    return attack == null ? name : name + ":" + attack + ":" + params.getParam("steps");
  }

  private static void print(List<Round> rounds, PrintStream out) {
    out.println("loop\tms\tbare call\tms\tratio, median\tleast\tmost\ttarget");
    for (Pair pair : PAIRS) {
      double[] ratios = sorted(rounds, pair::ratio);
      double[] loop = sorted(rounds, pair.time());
      double[] bare = sorted(rounds, round -> round.of(pair.bare()));
      out.printf(
          Locale.ROOT,
          "%s\t%.2f\t%s\t%.2f\t%.3f\t%.3f\t%.3f\t%s%n",
          pair.loop(),
          median(loop),
          pair.bare(),
          median(bare),
          median(ratios),
          ratios[0],
          ratios[ratios.length - 1],
          pair.target() == null ? "" : String.format(Locale.ROOT, "%.2f", pair.target()));
    }
  }

  private static double[] sorted(List<Round> rounds, ToDoubleFunction<Round> value) {
    return rounds.stream().mapToDouble(value).sorted().toArray();
  }

  private static double median(double[] sorted) {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
