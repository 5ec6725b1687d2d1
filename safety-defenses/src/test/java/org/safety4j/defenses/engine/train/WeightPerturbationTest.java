package org.safety4j.defenses.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.Fixtures;
import org.safety4j.defenses.engine.certify.LayeredNetwork;
import org.safety4j.defenses.engine.train.InnerMaximisation.Start;

class WeightPerturbationTest {
  private static final RobustLoss CLEAN =
      RobustObjective.adversarial(new InnerMaximisation(Ball.linf(0.1), 0, 1, Start.IMAGE, false));

  @Test
  void gradientIsTakenAtTheWorstWeightsAndTheMoveIsUndone() {
    try (NDManager m = Tensors.newManager();
        LayeredNetwork model = Fixtures.convNet(1)) {
      NDArray x = Fixtures.images(m, 6, new Shape(1, 8, 8), 2);
      NDArray y = Fixtures.array(m, 0, 1, 2, 3, 0, 1);
      List<NDArray> parameters = List.copyOf(model.parameters().values());
      parameters.forEach(p -> p.setRequiresGradient(true));
      float[] before = parameters.get(0).toFloatArray();
      try (GradMode mode = GradMode.on()) {
        NDArray plain = loss(CLEAN, model, x, y);
        float plainValue = Grad.detach(plain).getFloat();
        NDList up = Grad.gradients(List.of(plain), parameters);
        NDArray worst = loss(new WeightPerturbation(CLEAN, 0.05), model, x, y);
        float worstValue = Grad.detach(worst).getFloat();
        NDList gradients = Grad.gradients(List.of(worst), parameters);

        assertThat(parameters.get(0).toFloatArray()).isEqualTo(before);
        assertThat(worstValue).isGreaterThan(plainValue * 1.05f);
        for (int i = 0; i < parameters.size(); i++) {
          NDArray w = parameters.get(i);
          if (w.getShape().dimension() > 1) {
            float share = 0.05f * w.norm().getFloat() / up.get(i).norm().getFloat();
            try (GradMode off = GradMode.off()) {
              Ops.overwrite(w, w.add(up.get(i).mul(share)));
            }
          }
        }
        NDList expected = Grad.gradients(List.of(loss(CLEAN, model, x, y)), parameters);
        for (int i = 0; i < parameters.size(); i++) {
          assertThat(gradients.get(i).toFloatArray())
              .usingComparatorWithPrecision(1e-4f)
              .containsExactly(expected.get(i).toFloatArray());
        }
      }
      parameters.forEach(p -> p.setRequiresGradient(false));
    }
  }

  private static NDArray loss(
      org.safety4j.core.train.ClassifierRecipe.Loss loss,
      LayeredNetwork model,
      NDArray x,
      NDArray y) {
    return loss.of(model, x, y, new int[] {0, 1, 2, 3, 4, 5}, Rng.of(0));
  }

  @Test
  void errorsNameTheField() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WeightPerturbation(CLEAN, 0))
        .withMessageContaining("gamma");
  }
}
