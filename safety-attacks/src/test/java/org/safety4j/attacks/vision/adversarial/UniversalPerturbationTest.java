package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class UniversalPerturbationTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return UniversalPerturbation.linf(0.15).withBatchSize(4);
  }

  @Override
  protected boolean perSample() {
    return false;
  }

  @Test
  void oneChangeFoolsImagesThatItHasNotSeen() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages train = TestImages.labelledBy(model, 100, 1);
        LabeledImages test = TestImages.labelledBy(model, 100, 2);
        NDManager own = Tensors.newManager();
        Scope scope = Scope.open()) {
      UniversalPerturbation attack = UniversalPerturbation.linf(0.15);
      NDArray change = attack.learn(model, train, Run.seed(0), own);
      assertThat(change.abs().max().getFloat()).isLessThanOrEqualTo(0.15f + 1e-6f);
      NDArray moved = Ops.clamp(test.images().add(change), 0, 1);
      NDArray noise = change.sign().mul(0.15);
      int[] answers = model.labels(moved);
      int[] flipped = model.labels(Ops.clamp(test.images().add(noise.flip(2)), 0, 1));
      int fallen = 0;
      int control = 0;
      for (int i = 0; i < 100; i++) {
        fallen += answers[i] != test.labels()[i] ? 1 : 0;
        control += flipped[i] != test.labels()[i] ? 1 : 0;
      }
      assertThat(fallen).isGreaterThan(40);
      assertThat(fallen).isGreaterThan(control + 10);
    }
  }

  /** Oracle 1: on a linear model of one class to leave, the universal optimum is the corner. */
  @Test
  void isTheCornerWhereAllImagesAgree() {
    double[] w = Linear.weights(1);
    try (LinearClassifier model = LinearClassifier.halfSpace(w, 5, Linear.SHAPE);
        LabeledImages images = Linear.images(model, 10);
        EvasionResult result = UniversalPerturbation.linf(0.1).run(model, images, Run.seed(0))) {
      double best = 0.1 * LinearClassifier.dual(w, org.safety4j.core.attack.Norm.LINF);
      for (double drop : Linear.drops(model, images, result)) {
        assertThat(drop).isCloseTo(best, offset(1e-3));
      }
    }
  }
}
