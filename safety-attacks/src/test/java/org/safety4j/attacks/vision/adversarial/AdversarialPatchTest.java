package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class AdversarialPatchTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return AdversarialPatch.square(0.6).withEpochs(12);
  }

  @Override
  protected boolean perSample() {
    return false;
  }

  /** Oracle 16: off the patch every pixel stays as it was; the patch has the size it should. */
  @Test
  void changesOnlyWhatThePatchCovers() {
    try (NDManager m = Tensors.newManager()) {
      NDArray images = Rng.of(1).uniform(m, new Shape(40, 1, 16, 20), 0.1, 0.9);
      NDArray patch = m.zeros(new Shape(1, 1, 8, 8));
      AdversarialPatch attack = AdversarialPatch.square(0.5).withLeastScale(1);
      int[] ids = new int[40];
      for (int i = 0; i < 40; i++) {
        ids[i] = i;
      }
      float[] x = images.toFloatArray();
      for (double degrees : new double[] {0, 45}) {
        float[] y = attack.withDegrees(degrees).put(patch, images, ids, Rng.of(2)).toFloatArray();
        double covered = 0;
        for (int i = 0; i < 40; i++) {
          int same = 0;
          for (int j = 0; j < 320; j++) {
            same += y[320 * i + j] == x[320 * i + j] ? 1 : 0;
            covered += 1 - y[320 * i + j] / x[320 * i + j];
          }
          assertThat(same).isGreaterThan(320 - 12 * 12 - 1);
        }
        // The patch is 8 x 8 pixels wherever and however it lies.
        assertThat(covered / 40).isBetween(60.0, 68.0);
      }
    }
  }

  @Test
  void aPatchIsStrongerThanARandomOneOfItsSizeOnNewImages() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages train = TestImages.labelledBy(model, 100, 1);
        LabeledImages test = TestImages.labelledBy(model, 100, 2);
        NDManager own = Tensors.newManager();
        Scope scope = Scope.open()) {
      AdversarialPatch attack = AdversarialPatch.square(0.5).withEpochs(15);
      NDArray patch = attack.learn(model, train, Run.seed(0), own);
      NDArray random = Rng.of(3).uniform(own, patch.getShape(), 0, 1);
      assertThat(patch.min().getFloat()).isGreaterThanOrEqualTo(0);
      assertThat(patch.max().getFloat()).isLessThanOrEqualTo(1);
      int learned = fallen(model, test, attack.put(patch, test.images(), test.ids(), Rng.of(5)));
      int chance = fallen(model, test, attack.put(random, test.images(), test.ids(), Rng.of(5)));
      assertThat(learned).isGreaterThan(chance + 10);
    }
  }

  private static int fallen(TinyMlp model, LabeledImages images, NDArray x) {
    int[] answers = model.labels(x);
    int fallen = 0;
    for (int i = 0; i < answers.length; i++) {
      fallen += answers[i] != images.labels()[i] ? 1 : 0;
    }
    return fallen;
  }

  @Test
  void pullsTowardsATarget() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 60, 1);
        EvasionResult result =
            AdversarialPatch.square(0.7)
                .withEpochs(15)
                .withTarget(Target.of(1))
                .run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isGreaterThan(20);
    }
  }
}
