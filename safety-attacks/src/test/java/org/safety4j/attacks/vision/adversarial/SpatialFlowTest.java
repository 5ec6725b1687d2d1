package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class SpatialFlowTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return SpatialFlow.defaults().withSteps(30);
  }

  @Override
  protected Optional<EvasionAttack<?>> withoutRoom() {
    return Optional.of(SpatialFlow.defaults().withSteps(0));
  }

  @Test
  void aConstantFlowOfOnePixelShiftsTheImage() {
    try (NDManager m = Tensors.newManager()) {
      NDArray x = Rng.of(1).uniform(m, new Shape(1, 1, 3, 4), 0, 1);
      NDArray still = m.zeros(new Shape(1, 2, 3, 4));
      float[] right = new float[24];
      java.util.Arrays.fill(right, 0, 12, 1);
      NDArray flow = m.create(right, new Shape(1, 2, 3, 4));
      float[] before = x.toFloatArray();
      assertThat(RecipePrograms.call("flowed", x, still).toFloatArray())
          .usingComparatorWithPrecision(1e-5f)
          .containsExactly(before);
      float[] after = RecipePrograms.call("flowed", x, flow).toFloatArray();
      for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++) {
          assertThat(after[4 * r + c]).isCloseTo(before[4 * r + c + 1], offset(1e-5f));
        }
        assertThat(after[4 * r + 3]).isCloseTo(before[4 * r + 3], offset(1e-5f));
      }
      assertThat(RecipePrograms.call("variation", still).getFloat())
          .isCloseTo(6e-4f, offset(1e-5f));
    }
  }

  @Test
  void aLargerTauNeedsMoreStepsOrFails() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 20, 1);
        EvasionResult free =
            SpatialFlow.defaults().withTau(0).withSteps(20).run(model, images, Run.seed(0));
        EvasionResult stiff =
            SpatialFlow.defaults().withTau(1).withSteps(20).run(model, images, Run.seed(0))) {
      assertThat(free.successRate().successes()).isGreaterThan(14);
      assertThat(stiff.successRate().successes()).isLessThan(free.successRate().successes());
    }
  }

  @Test
  void noPixelValueLeavesTheRangeOfTheImage() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 5, 1);
        EvasionResult result = SpatialFlow.defaults().run(model, images, Run.seed(0))) {
      float most = images.images().max().getFloat();
      float least = images.images().min().getFloat();
      assertThat(result.adversarials().max().getFloat()).isLessThanOrEqualTo(most + 1e-5f);
      assertThat(result.adversarials().min().getFloat()).isGreaterThanOrEqualTo(least - 1e-5f);
    }
  }
}
