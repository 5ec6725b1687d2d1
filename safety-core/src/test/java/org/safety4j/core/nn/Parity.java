package org.safety4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A fixture's inputs, outputs and gradients: outputs must agree within 1e-4, gradients within 1e-3
 * of their largest value.
 */
public final class Parity implements AutoCloseable {
  private final NDManager manager = Tensors.newManager();
  private final SafetensorsFile io;

  private Parity(Path folder) {
    this.io = SafetensorsFile.open(folder.resolve("io.safetensors"));
  }

  public static Parity of(String fixture) {
    return new Parity(folder(fixture));
  }

  /** A fixture among the test resources, or in the folder that {@code safety4j.fixtures} names. */
  public static Path folder(String fixture) {
    String root = System.getProperty("safety4j.fixtures");
    return root == null ? Fixtures.path(fixture) : Path.of(root, fixture);
  }

  /** What a model makes of a fixture's inputs. */
  @FunctionalInterface
  public interface Forward {
    Map<String, NDArray> outputs(Map<String, NDArray> inputs);
  }

  /**
   * Checks every output that is given, and the gradients of every input that the fixture has one
   * for; how many outputs and gradients that were.
   */
  public int check(Forward forward) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      Map<String, NDArray> inputs = new LinkedHashMap<>();
      NDList leaves = new NDList();
      NDList gradients = new NDList();
      for (String name : io.names()) {
        if (name.startsWith("in.")) {
          NDArray array = io.read(name, manager);
          String key = name.substring(3);
          if (io.has("grad." + key)) {
            array = Grad.leaf(array);
            leaves.add(array);
            gradients.add(io.read("grad." + key, manager));
          }
          inputs.put(key, array);
        }
      }
      Map<String, NDArray> outputs = forward.outputs(inputs);
      NDList ys = new NDList();
      NDList vs = new NDList();
      outputs.forEach(
          (name, output) -> {
            NDArray expected = io.read("out." + name, manager);
            assertThat(output.getShape()).as(name).isEqualTo(expected.getShape());
            assertThat(largestDifference(output, expected)).as(name).isLessThan(1e-4f);
            if (io.has("vjp." + name) && !leaves.isEmpty()) {
              ys.add(output.add(leaves.get(0).sum().mul(0))); // some outputs depend on no leaf
              vs.add(io.read("vjp." + name, manager));
            }
          });
      if (!leaves.isEmpty()) {
        NDList found = Grad.vjps(ys, leaves, vs);
        for (int i = 0; i < leaves.size(); i++) {
          float largest = gradients.get(i).abs().max().getFloat();
          assertThat(largestDifference(found.get(i), gradients.get(i)))
              .as("gradient " + i)
              .isLessThan(1e-3f * largest);
        }
      }
      return outputs.size() + leaves.size();
    }
  }

  public static float largestDifference(NDArray a, NDArray b) {
    return Grad.detach(a).sub(b).abs().max().getFloat();
  }

  @Override
  public void close() {
    io.close();
    manager.close();
  }
}
