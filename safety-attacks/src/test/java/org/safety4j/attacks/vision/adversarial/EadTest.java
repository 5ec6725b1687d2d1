package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Scope;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class EadTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Ead.l1().withSearchSteps(3).withSteps(30).withFirstC(0.5).withRate(0.05);
  }

  @Override
  protected Optional<EvasionAttack<?>> withoutRoom() {
    return Optional.of(Ead.l1().withSteps(0));
  }

  /** Oracle 3: without the L1 term it is the minimal L2 distance. */
  @Test
  void withoutBetaItConvergesToTheMinimalL2Distance() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 6);
        EvasionResult result =
            new Ead(
                    9,
                    150,
                    0.05,
                    0.1,
                    0,
                    0,
                    Ead.Rule.ELASTIC_NET,
                    org.safety4j.attacks.engine.perturb.Target.any())
                .run(model, images, Run.seed(0));
        Scope scope = Scope.open()) {
      float[] x = images.images().toFloatArray();
      float[] moved = Norm.L2.of(result.adversarials().sub(images.images())).toFloatArray();
      for (int i = 0; i < 6; i++) {
        double exact = model.distance(Linear.image(x, i), images.labels()[i], Norm.L2);
        assertThat((double) moved[i]).isCloseTo(exact, offset(0.02 * exact + 1e-3));
      }
    }
  }

  @Test
  void aLargerBetaMakesChangesSparser() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 8, 1)) {
      Ead base = Ead.l1().withSearchSteps(4).withSteps(80).withFirstC(1).withRate(0.02);
      try (EvasionResult dense = base.withBeta(0).run(model, images, Run.seed(0));
          EvasionResult sparse = base.withBeta(0.02).run(model, images, Run.seed(0));
          Scope scope = Scope.open()) {
        assertThat(dense.successRate().successes()).isEqualTo(8);
        assertThat(sparse.successRate().successes()).isEqualTo(8);
        double many = Norm.L0.of(dense.adversarials().sub(images.images())).mean().getFloat();
        double few = Norm.L0.of(sparse.adversarials().sub(images.images())).mean().getFloat();
        assertThat(few).isLessThan(0.5 * many);
        double l1Dense = java.util.Arrays.stream(dense.distances()).sum();
        double l1Sparse = java.util.Arrays.stream(sparse.distances()).sum();
        assertThat(l1Sparse).isLessThan(l1Dense);
      }
    }
  }
}
