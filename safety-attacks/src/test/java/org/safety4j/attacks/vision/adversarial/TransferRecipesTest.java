package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.attacks.engine.perturb.Diversity;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.engine.perturb.NeighbourVariance;
import org.safety4j.attacks.engine.perturb.Smoothing;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class TransferRecipesTest {
  private static final double EPSILON = 0.06;

  private static float[] attack(EvasionAttack.White attack) {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 12, 1);
        EvasionResult result = attack.run(model, images, Run.seed(0))) {
      return result.adversarials().toFloatArray();
    }
  }

  /** Oracle 11: with everything that makes them special switched off, all are one attack. */
  @Test
  void degenerateSettingsAreTheSameAttack() {
    float[] bim = attack(Bim.linf(EPSILON).withFinish(Finish.LAST_IMAGE));
    float[] mi = attack(MiFgsm.linf(EPSILON));
    assertThat(attack(MiFgsm.linf(EPSILON).withDecay(0))).containsExactly(bim);
    assertThat(attack(DiFgsm.linf(EPSILON).withProbability(0))).containsExactly(mi);
    assertThat(attack(TiFgsm.linf(EPSILON).withKernelSize(1))).containsExactly(mi);
    assertThat(attack(VmiFgsm.linf(EPSILON).withBeta(0))).containsExactly(mi);
    assertThat(attack(NiFgsm.linf(EPSILON).withScales(1).withDecay(0))).containsExactly(bim);
    assertThat(attack(NiFgsm.linf(EPSILON).withScales(1).withDecay(1e-12)))
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(bim);
  }

  @Test
  void everyTransformChangesTheAttack() {
    float[] mi = attack(MiFgsm.linf(EPSILON));
    for (EvasionAttack.White other :
        List.of(
            Bim.linf(EPSILON).withFinish(Finish.LAST_IMAGE),
            DiFgsm.linf(EPSILON).withProbability(1),
            TiFgsm.linf(EPSILON).withKernelSize(3),
            VmiFgsm.linf(EPSILON),
            NiFgsm.linf(EPSILON).withScales(1),
            NiFgsm.linf(EPSILON))) {
      assertThat(attack(other)).as(other.toString()).isNotEqualTo(mi);
    }
  }

  @Test
  void transformsComposeInALine() {
    MiFgsm composed =
        MiFgsm.linf(EPSILON)
            .with(Diversity.of(0.5), Smoothing.gaussian(3, 1), NeighbourVariance.of(4, EPSILON));
    assertThat(attack(composed)).isNotEqualTo(attack(MiFgsm.linf(EPSILON)));
    assertThat(attack(MiFgsm.linf(EPSILON).with(Smoothing.gaussian(3, 1 / 3.0))))
        .containsExactly(attack(TiFgsm.linf(EPSILON).withKernelSize(3)));
  }
}
