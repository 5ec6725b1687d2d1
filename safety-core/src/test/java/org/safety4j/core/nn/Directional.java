package org.safety4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/** Checks gradients of weights against central differences along random directions. */
public final class Directional {
  private Directional() {}

  /** Gradients of a loss, one a parameter; the caller's scope owns them. */
  public static NDList gradients(Map<String, NDArray> parameters, Supplier<NDArray> loss) {
    List<NDArray> all = List.copyOf(parameters.values());
    all.forEach(p -> p.setRequiresGradient(true));
    try (GradMode mode = GradMode.on()) {
      return Grad.gradients(List.of(loss.get()), all);
    } finally {
      all.forEach(p -> p.setRequiresGradient(false));
    }
  }

  /** Checks each parameter along a direction of its own, of length {@code h}. */
  public static void check(
      Map<String, NDArray> parameters, NDList gradients, Supplier<NDArray> loss, float h) {
    int i = 0;
    for (Map.Entry<String, NDArray> entry : parameters.entrySet()) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDArray p = entry.getValue();
        NDArray gradient = gradients.get(i++);
        NDArray before = Ops.copy(p);
        // half along the gradient, half by chance: neither a wrong length nor a wrong turn passes
        NDArray chance = Rng.of(i).normal(p.getManager(), p.getShape());
        NDArray direction = unit(unit(gradient).add(unit(chance)));
        Ops.overwrite(p, before.add(direction.mul(h)));
        double above = loss.get().getFloat();
        Ops.overwrite(p, before.sub(direction.mul(h)));
        double below = loss.get().getFloat();
        Ops.overwrite(p, before);
        double expected = (above - below) / (2 * h);
        double found = gradient.mul(direction).sum().getFloat();
        assertThat(found)
            .as(entry.getKey())
            .isCloseTo(expected, within(0.02 * Math.abs(expected) + 2e-4));
        assertThat(Math.abs(found)).as(entry.getKey() + " has a gradient").isGreaterThan(1e-6);
      }
    }
  }

  private static NDArray unit(NDArray x) {
    return x.div(x.square().sum().sqrt().add(1e-12f));
  }
}
