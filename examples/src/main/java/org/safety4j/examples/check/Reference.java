package org.safety4j.examples.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/** The reference's inputs, outputs and gradients, and the comparison with a model's. */
final class Reference implements AutoCloseable {
  private static final String IN = "in.";
  private static final String OUT = "out.";
  private static final String GRAD = "grad.";
  private static final String VJP = "vjp.";

  private final SafetensorsFile file;
  private final NDManager manager = Tensors.newManager();
  private final Findings findings;

  private Reference(SafetensorsFile file, Findings findings) {
    this.file = file;
    this.findings = findings;
  }

  static Reference open(Path file, Findings findings) {
    return new Reference(SafetensorsFile.open(file), findings);
  }

  Findings findings() {
    return findings;
  }

  NDManager manager() {
    return manager;
  }

  boolean has(String name) {
    return file.has(name);
  }

  NDArray read(String name) {
    return file.read(name, manager);
  }

  NDArray input(String name) {
    return read(IN + name);
  }

  /** Names of all tensors. */
  List<String> names() {
    return file.names().stream().sorted().toList();
  }

  /** Names of the outputs. */
  List<String> outputs() {
    return names().stream()
        .filter(name -> name.startsWith(OUT))
        .map(name -> name.substring(OUT.length()))
        .toList();
  }

  NDArray output(String name) {
    return read(OUT + name);
  }

  /** Compares an output, unless the reference does without it. */
  void compare(String output, NDArray actual) {
    if (has(OUT + output)) {
      findings.compare(output, actual, output(output), Tolerance.OUTPUT);
    }
  }

  /** What a model makes of the inputs, recorded where they ask for gradients. */
  @FunctionalInterface
  interface Forward {
    Map<String, NDArray> outputs(Inputs inputs);
  }

  /** Compares every output that a model gives, and the gradients of the inputs. */
  void compare(Forward forward) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      Map<String, NDArray> inputs = new LinkedHashMap<>();
      Map<String, NDArray> leaves = new LinkedHashMap<>();
      for (String name : names()) {
        if (name.startsWith(IN)) {
          String key = name.substring(IN.length());
          NDArray array = read(name);
          if (has(GRAD + key)) {
            array = Grad.leaf(array);
            leaves.put(key, array);
          }
          inputs.put(key, array);
        }
      }
      Map<String, NDArray> outputs = forward.outputs(new Inputs(inputs));
      NDList ys = new NDList();
      NDList vs = new NDList();
      outputs.forEach(
          (name, output) -> {
            compare(name, output);
            if (has(VJP + name) && !leaves.isEmpty()) {
              // Some outputs depend on no input that has a gradient.
              ys.add(output.add(leaves.values().iterator().next().sum().mul(0)));
              vs.add(read(VJP + name));
            }
          });
      if (!ys.isEmpty()) {
        compareGradients(leaves, Grad.vjps(ys, new NDList(leaves.values()), vs));
      }
    }
  }

  private void compareGradients(Map<String, NDArray> leaves, NDList found) {
    int i = 0;
    for (String key : leaves.keySet()) {
      compareGradient(key, found.get(i++));
    }
  }

  /** Compares the gradient for an input. */
  void compareGradient(String input, NDArray actual) {
    findings.compare(GRAD + input, actual, read(GRAD + input), Tolerance.GRADIENT);
  }

  /** Reports what the reference has and no comparison looked at. */
  void finish(String kind) {
    for (String name : names()) {
      String output =
          name.startsWith(OUT) ? name.substring(OUT.length()) : name.startsWith(GRAD) ? name : null;
      if (output != null && !findings.has(output)) {
        findings.add(Finding.failed(output, "no such output is known of " + kind));
      }
    }
    if (findings.isEmpty()) {
      throw new InvalidModelFile(file.origin() + ": holds no output to compare with");
    }
  }

  /** Rows of ids {@code [B, T]}. */
  static int[][] rows(NDArray ids) {
    if (ids.getShape().dimension() != 2) {
      throw new IllegalArgumentException("ids must be [B, T], are " + ids.getShape());
    }
    long[] flat = ids.toLongArray();
    int t = (int) ids.getShape().get(1);
    int[][] rows = new int[(int) ids.getShape().get(0)][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = ints(Arrays.copyOfRange(flat, i * t, (i + 1) * t));
    }
    return rows;
  }

  static int[] ints(long... ids) {
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public void close() {
    file.close();
    manager.close();
  }

  /**
   * Inputs by name.
   *
   * @param arrays the inputs
   */
  record Inputs(Map<String, NDArray> arrays) {
    NDArray get(String name) {
      NDArray array = arrays.get(name);
      if (array == null) {
        throw new InvalidModelFile("the reference has no input \"" + IN + name + "\"");
      }
      return array;
    }
  }
}
