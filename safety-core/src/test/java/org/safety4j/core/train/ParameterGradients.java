package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/** Compares a loss's gradients to parameters with central differences, one parameter at a time. */
final class ParameterGradients {
  private ParameterGradients() {}

  /**
   * Walks every parameter along its own gradient: the loss must change by the gradient's length. A
   * gradient that is off by a part that is not orthogonal to itself is found.
   *
   * @return the names of the parameters that the loss does not depend on
   */
  static Set<String> check(Trainable model, Supplier<NDArray> loss, double step, double tolerance) {
    List<String> names = new ArrayList<>(model.parameters().keySet());
    List<NDArray> parameters = List.copyOf(model.parameters().values());
    parameters.forEach(p -> p.setRequiresGradient(true));
    Set<String> independent = new TreeSet<>();
    try (Scope scope = Scope.open()) {
      NDList gradients;
      try (GradMode mode = GradMode.on()) {
        gradients = Grad.gradients(List.of(loss.get()), parameters);
      }
      for (int i = 0; i < names.size(); i++) {
        double length = length(gradients.get(i));
        if (length == 0) {
          independent.add(names.get(i));
          continue;
        }
        double found = slope(parameters.get(i), gradients.get(i), length, loss, step);
        assertThat(found)
            .as("slope of %s", names.get(i))
            .isCloseTo(length, within(tolerance * length + 2e-4));
      }
    } finally {
      parameters.forEach(p -> p.setRequiresGradient(false));
    }
    assertThat(independent.size()).isLessThan(names.size());
    return independent;
  }

  private static double length(NDArray gradient) {
    double sum = 0;
    for (float g : gradient.toFloatArray()) {
      sum += (double) g * g;
    }
    return Math.sqrt(sum);
  }

  private static double slope(
      NDArray parameter, NDArray gradient, double length, Supplier<NDArray> loss, double step) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray start = Ops.copy(Grad.detach(parameter));
      NDArray move = gradient.mul((float) (step / length));
      Ops.overwrite(parameter, start.add(move));
      double up = loss.get().getFloat();
      Ops.overwrite(parameter, start.sub(move));
      double down = loss.get().getFloat();
      Ops.overwrite(parameter, start);
      return (up - down) / (2 * step);
    }
  }

  /** Parameters that stand for a trained model: none is at a value where its gradient vanishes. */
  static void shake(Trainable model, org.safety4j.core.tensor.Rng rng) {
    for (Map.Entry<String, NDArray> entry : model.parameters().entrySet()) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDArray p = entry.getValue();
        NDArray noise = rng.derive(entry.getKey()).normal(p.getManager(), p.getShape());
        Ops.overwrite(p, p.add(noise.mul(0.05f)));
      }
    }
  }
}
