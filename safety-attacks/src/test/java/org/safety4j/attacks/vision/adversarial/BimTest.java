package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.engine.perturb.Start;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class BimTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Bim.linf(0.06).withSteps(20).withStepShare(0.06);
  }

  @Test
  void isPgdFromTheOriginal() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 10, 1);
        EvasionResult bim =
            Bim.linf(0.05).withFinish(Finish.LAST_IMAGE).run(model, images, Run.seed(0));
        EvasionResult pgd =
            Pgd.linf(0.05)
                .withSteps(10)
                .withStepShare(0.1)
                .withStart(Start.ORIGINAL)
                .withFinish(Finish.LAST_IMAGE)
                .run(model, images, Run.seed(1))) {
      assertThat(bim.adversarials().toFloatArray())
          .containsExactly(pgd.adversarials().toFloatArray());
    }
  }

  @Test
  void manySmallStepsBeatOneLargeOneOnCurvedModels() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 100, 1);
        EvasionResult one = Fgsm.linf(0.03).run(model, images, Run.seed(0));
        EvasionResult many = Bim.linf(0.03).run(model, images, Run.seed(0))) {
      assertThat(many.successRate().successes()).isGreaterThan(one.successRate().successes());
    }
  }
}
