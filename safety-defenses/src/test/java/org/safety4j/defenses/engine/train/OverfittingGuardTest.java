package org.safety4j.defenses.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.defenses.Fixtures;
import org.safety4j.defenses.engine.certify.LayeredNetwork;

class OverfittingGuardTest {
  /** Robustness as scripted, weights as the steps that were done. */
  private static final class Script implements AutoCloseable {
    final NDManager m = Tensors.newManager();
    final LayeredNetwork model = Fixtures.halfSpace(new float[] {0, 0}, 0);
    final List<String> losses = new ArrayList<>();
    final OverfittingGuard guard;

    Script(double... robustness) {
      Deque<Double> script = new ArrayDeque<>();
      for (double r : robustness) {
        script.add(r);
      }
      guard = new OverfittingGuard(loss("first"), loss("instead"), any -> script.remove(), 2, 0.2);
    }

    private ClassifierRecipe.Loss loss(String name) {
      return (model, images, labels, samples, rng) -> {
        losses.add(name);
        return images.sum();
      };
    }

    void steps(int n) {
      NDArray x = m.zeros(new Shape(1, 1, 1, 2));
      for (int i = 0; i < n; i++) {
        try (Scope scope = Scope.open()) {
          guard.of(model, x, Fixtures.array(m, 0), new int[] {0}, Rng.of(0));
          NDArray weight = model.parameters().get("1.weight");
          Ops.overwrite(weight, weight.add(1));
        }
      }
    }

    float weight() {
      return model.parameters().get("1.weight").toFloatArray()[0];
    }

    @Override
    public void close() {
      guard.close();
      model.close();
      m.close();
    }
  }

  @Test
  void collapsePutsTheBestWeightsBackAndChangesTheLoss() {
    try (Script script = new Script(0.5, 0.6, 0.1, 0.6)) {
      script.steps(8);

      // Measured after 2, 4 and 6 steps; the weights after 4 come back before the seventh.
      assertThat(script.guard.history()).containsExactly(0.5, 0.6, 0.1);
      assertThat(script.guard.overfitted()).isTrue();
      assertThat(script.weight()).isEqualTo(4 + 2);
      assertThat(script.losses)
          .containsExactly(
              "first", "first", "first", "first", "first", "first", "instead", "instead");
    }
  }

  @Test
  void smallFallsAreLeftAlone() {
    try (Script script = new Script(0.5, 0.4, 0.35, 0.9)) {
      script.steps(8);

      assertThat(script.guard.overfitted()).isFalse();
      assertThat(script.weight()).isEqualTo(8);
      assertThat(script.losses).containsOnly("first");
    }
  }

  @Test
  void lastCheckSeesACollapseOfTheLastSteps() {
    try (Script script = new Script(0.8, 0.1)) {
      script.steps(3);
      script.guard.check(script.model);

      assertThat(script.weight()).isEqualTo(2);
    }
  }
}
