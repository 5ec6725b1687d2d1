package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class JsmaTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Jsma.l0(30);
  }

  /** On a linear model the saliency of every pair can be worked out by hand. */
  @Test
  void changesTheMostSalientPair() {
    double[][] w = {
      {0, 0, 0, 0},
      {0.5, 2, 1, -1},
      {-0.1, -1, -3, 5}
    };
    try (LinearClassifier model =
            LinearClassifier.of(w, new double[] {4, 0, 0}, new Shape(1, 2, 2));
        NDManager manager = Tensors.newManager()) {
      NDArray x = manager.full(new Shape(1, 1, 2, 2), 0.5f);
      try (LabeledImages image = LabeledImages.of("one", x, new int[] {0}, List.of());
          EvasionResult result =
              Jsma.l0(2).withTheta(0.25).withTarget(Target.of(1)).run(model, image, Run.seed(0))) {
        // Pairs: (0,1): 2.5*1.1, (0,2): 1.5*3.1, (1,2): 3*4 = 12 is the largest.
        assertThat(result.sample(0).steps()).isEqualTo(1);
        assertThat(result.sample(0).success()).isFalse();
      }
      try (LabeledImages image = LabeledImages.of("one", x, new int[] {0}, List.of());
          EvasionResult result =
              Jsma.l0(2).withTarget(Target.of(1)).run(model, image, Run.seed(0));
          LinearClassifier near =
              LinearClassifier.of(w, new double[] {2.2, 0, 0}, new Shape(1, 2, 2));
          EvasionResult lands = Jsma.l0(2).withTarget(Target.of(1)).run(near, image, Run.seed(0))) {
        assertThat(result.sample(0).success()).isFalse();
        assertThat(lands.sample(0).success()).isTrue();
        assertThat(lands.adversarials().toFloatArray()).containsExactly(0.5f, 1, 1, 0.5f);
        assertThat(lands.sample(0).distance()).isEqualTo(2);
      }
    }
  }

  @Test
  void reachesTargetsWithFewChanges() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 12, 1);
        EvasionResult result =
            Jsma.l0(40).withTarget(Target.rank(2)).run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isGreaterThan(8);
      for (EvasionResult.Sample sample : result.samples()) {
        assertThat(sample.distance()).isLessThanOrEqualTo(40);
      }
    }
  }

  @Test
  void darkeningWorksToo() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 12, 1);
        EvasionResult result = Jsma.l0(30).withTheta(-1).run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isGreaterThan(8);
    }
  }

  @Test
  void wrongSettingsAreExplained() {
    assertThatThrownBy(() -> Jsma.l0(1)).hasMessage("changes must be at least 2, was 1");
    assertThatThrownBy(() -> Jsma.l0(4).withTheta(0)).hasMessage("theta must not be 0");
  }
}
