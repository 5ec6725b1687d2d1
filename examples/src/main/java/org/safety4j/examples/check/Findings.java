package org.safety4j.examples.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.tensor.Grad;

/** Collects what was found about a folder, one finding an output: the worst that was seen. */
final class Findings {
  private final Map<String, Finding> byOutput = new LinkedHashMap<>();
  private final List<String> remarks = new ArrayList<>();

  List<Finding> all() {
    return List.copyOf(byOutput.values());
  }

  List<String> remarks() {
    return List.copyOf(remarks);
  }

  boolean has(String output) {
    return byOutput.containsKey(output);
  }

  boolean isEmpty() {
    return byOutput.isEmpty();
  }

  /** Something to tell that is no finding. */
  void remark(String what) {
    remarks.add(what);
  }

  void add(Finding finding) {
    byOutput.merge(finding.output(), finding, Finding::worse);
  }

  /** Compares what a model gives with what is expected. */
  void compare(String output, NDArray actual, NDArray expected, Tolerance tolerance) {
    if (!actual.getShape().equals(expected.getShape())) {
      add(
          Finding.failed(
              output,
              "has shape " + actual.getShape() + ", the reference's is " + expected.getShape()));
    } else {
      compare(output, values(actual), values(expected), tolerance);
    }
  }

  void compare(String output, double[] actual, double[] expected, Tolerance tolerance) {
    if (actual.length != expected.length) {
      add(
          Finding.failed(
              output, "has " + actual.length + " values, the reference's has " + expected.length));
      return;
    }
    if (expected.length == 0) {
      add(Finding.failed(output, "the reference's has no values"));
      return;
    }
    double error = 0;
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      double off = Math.abs(actual[i] - expected[i]);
      error = off > error || Double.isNaN(off) ? off : error;
      largest = Math.max(largest, Math.abs(expected[i]));
      if (Double.isNaN(off)) {
        add(Finding.failed(output, "value " + i + " is " + actual[i] + ", not " + expected[i]));
        return;
      }
    }
    double relative = error == 0 ? 0 : error / largest;
    add(new Finding(output, error, relative, tolerance.allows(error, largest), null));
  }

  /** Compares texts: the error is 1 where they differ. */
  void compare(String output, String actual, String expected) {
    boolean same = actual.equals(expected);
    add(
        new Finding(
            output,
            same ? 0 : 1,
            same ? 0 : 1,
            same,
            same ? null : "is " + quoted(actual) + ", not " + quoted(expected)));
  }

  static String quoted(String text) {
    String shown = text.length() <= 80 ? text : text.substring(0, 80) + "...";
    return "\"" + shown.replace("\n", "\\n").replace("\t", "\\t") + "\"";
  }

  static double[] values(NDArray array) {
    NDArray plain = Grad.detach(array);
    if (plain.getDataType() == DataType.FLOAT32) {
      float[] floats = plain.toFloatArray();
      double[] doubles = new double[floats.length];
      for (int i = 0; i < floats.length; i++) {
        doubles[i] = floats[i];
      }
      return doubles;
    }
    return plain.getDataType() == DataType.INT64
        ? values(plain.toLongArray())
        : plain.toType(DataType.FLOAT64, true).toDoubleArray();
  }

  static double[] values(long... ids) {
    return Arrays.stream(ids).asDoubleStream().toArray();
  }

  static double[] values(int... ids) {
    return Arrays.stream(ids).asDoubleStream().toArray();
  }
}
