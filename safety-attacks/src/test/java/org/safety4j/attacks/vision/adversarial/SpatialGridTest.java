package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;

class SpatialGridTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return SpatialGrid.within(30, 2).withGrid(5, 3);
  }

  @Override
  protected Optional<EvasionAttack<?>> withoutRoom() {
    return Optional.of(SpatialGrid.within(0, 0));
  }

  /** A bright dot and a model that only looks at its pixel: the shift that hides it is known. */
  @Test
  void findsTheSmallestShiftThatCounts() {
    double[] w = new double[25];
    w[12] = 1;
    try (LinearClassifier model = LinearClassifier.halfSpace(w, -0.5, new Shape(1, 5, 5));
        NDManager m = Tensors.newManager()) {
      float[] pixels = new float[25];
      pixels[12] = 1;
      NDArray x = m.create(pixels, new Shape(1, 1, 5, 5));
      try (LabeledImages images = LabeledImages.of("dot", x, new int[] {1}, java.util.List.of());
          EvasionResult one =
              SpatialGrid.within(0, 2).withGrid(1, 5).run(model, images, Run.seed(0));
          EvasionResult none =
              SpatialGrid.within(30, 0).withGrid(7, 1).run(model, images, Run.seed(0))) {
        assertThat(one.sample(0).success()).isTrue();
        float[] y = one.adversarials().toFloatArray();
        assertThat(y[12]).isZero();
        // The first in order of size is a shift by one pixel along one axis.
        assertThat(y[7] + y[17] + y[11] + y[13]).isEqualTo(1);
        assertThat(none.sample(0).success()).isFalse();
      }
    }
  }
}
