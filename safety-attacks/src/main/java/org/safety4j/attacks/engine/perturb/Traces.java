package org.safety4j.attacks.engine.perturb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.safety4j.core.attack.QueryTrace;

/** Every sample's improvements, and the mean figure of each step. */
final class Traces {
  private final List<List<double[]>> improvements = new ArrayList<>();
  private final double[] highest;
  private double[] sums = new double[0];
  private int[] counts = new int[0];

  Traces(int samples) {
    highest = new double[samples];
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < samples; i++) {
      improvements.add(new ArrayList<>());
    }
  }

  boolean improves(int sample, double loss) {
    if (loss > highest[sample]) {
      highest[sample] = loss;
      return true;
    }
    return false;
  }

  void add(int sample, long queries, double value) {
    improvements.get(sample).add(new double[] {queries, value});
  }

  void mean(int step, float[] values) {
    if (step >= sums.length) {
      sums = Arrays.copyOf(sums, step + 1);
      counts = Arrays.copyOf(counts, step + 1);
    }
    for (float v : values) {
      if (Float.isFinite(v)) {
        sums[step] += v;
        counts[step]++;
      }
    }
  }

  double[] mean() {
    double[] means = new double[sums.length];
    Arrays.setAll(means, i -> counts[i] == 0 ? Double.NaN : sums[i] / counts[i]);
    return means;
  }

  List<QueryTrace> perSample() {
    List<QueryTrace> traces = new ArrayList<>();
    for (List<double[]> list : improvements) {
      traces.add(
          QueryTrace.of(
              list.stream().mapToLong(p -> (long) p[0]).toArray(),
              list.stream().mapToDouble(p -> p[1]).toArray()));
    }
    return traces;
  }
}
