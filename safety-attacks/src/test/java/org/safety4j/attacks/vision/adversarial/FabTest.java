package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class FabTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Fab.linf(0.08).withSteps(20).withRestarts(2);
  }

  /** Oracle 3: converges to the minimal distance in every norm. */
  @Test
  void convergesToTheMinimalDistanceOnLinearModels() {
    try (LinearClassifier model = Linear.multiclass(4, 1);
        LabeledImages images = Linear.images(model, 8)) {
      float[] x = images.images().toFloatArray();
      for (Norm norm : new Norm[] {Norm.LINF, Norm.L2, Norm.L1}) {
        for (Fab attack : new Fab[] {Fab.minimal(norm), Fab.minimal(norm).withTargetClasses(3)}) {
          try (EvasionResult result = attack.withSteps(40).run(model, images, Run.seed(0))) {
            for (int i = 0; i < 8; i++) {
              double exact = model.distance(Linear.image(x, i), images.labels()[i], norm);
              if (exact > 0.18) {
                continue;
              }
              assertThat(result.sample(i).success()).isTrue();
              assertThat(result.sample(i).distance())
                  .as("%s %d", norm, i)
                  .isGreaterThanOrEqualTo(exact - 1e-5)
                  .isCloseTo(exact, offset(0.02 * exact));
            }
          }
        }
      }
    }
  }

  @Test
  void findsSmallerDistancesThanDeepFoolOnCurvedModels() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 15, 1);
        EvasionResult fab = Fab.minimal(Norm.L2).withSteps(40).run(model, images, Run.seed(0));
        EvasionResult fool = DeepFool.l2().run(model, images, Run.seed(0))) {
      assertThat(fab.successRate().successes()).isEqualTo(15);
      double shorter = 0;
      for (int i = 0; i < 15; i++) {
        assertThat(fab.sample(i).distance()).isLessThanOrEqualTo(fool.sample(i).distance() * 1.02);
        shorter += fab.sample(i).distance() / fool.sample(i).distance() / 15;
      }
      assertThat(shorter).isLessThan(0.98);
    }
  }

  @Test
  void anImageOutsideOfTheBallDoesNotCount() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 20);
        EvasionResult result = Fab.linf(0.03).withSteps(15).run(model, images, Run.seed(0))) {
      float[] x = images.images().toFloatArray();
      for (int i = 0; i < 20; i++) {
        double exact = model.distance(Linear.image(x, i), images.labels()[i], Norm.LINF);
        if (Math.abs(exact - 0.03) > 0.003) {
          assertThat(result.sample(i).success()).isEqualTo(exact < 0.03);
        }
      }
    }
  }

  /** The least change that meets a plane inside the box, against many random candidates. */
  @Test
  void projectionsOntoAPlaneInsideTheBoxAreTheNearest() {
    SplittableRandom random = new SplittableRandom(1);
    try (NDManager m = Tensors.newManager()) {
      for (int trial = 0; trial < 60; trial++) {
        int d = 6;
        float[] x = new float[d];
        float[] w = new float[d];
        for (int i = 0; i < d; i++) {
          x[i] = (float) random.nextDouble();
          w[i] = (float) random.nextDouble(-1, 1);
        }
        float f = (float) random.nextDouble(-0.8, 0.8);
        for (Norm norm : new Norm[] {Norm.L2, Norm.LINF, Norm.L1}) {
          NDArray change =
              RecipePrograms.call(
                  "plane_" + norm.name().toLowerCase(java.util.Locale.ROOT),
                  m.create(x, new Shape(1, d)),
                  m.create(w, new Shape(1, d)),
                  m.create(new float[] {f}));
          float[] delta = change.toFloatArray();
          double reach = 0;
          double target = 0;
          for (int i = 0; i < d; i++) {
            assertThat(x[i] + delta[i]).isBetween(-1e-6f, 1 + 1e-6f);
            reach += w[i] * delta[i];
            double room = w[i] * f < 0 ? 1 - x[i] : x[i];
            target += Math.abs(w[i]) * room;
          }
          if (target < Math.abs(f)) {
            continue;
          }
          assertThat(reach).as("%s meets the plane", norm).isCloseTo(-f, offset(1e-5));
          double own = norm.of(change).getFloat();
          for (int c = 0; c < 200; c++) {
            double[] other = candidate(random, x, w, f, delta);
            if (other != null) {
              assertThat(size(other, norm)).isGreaterThanOrEqualTo(own - 1e-5);
            }
          }
        }
      }
    }
  }

  /** Another change that meets the plane inside the box: moved about, one coordinate repaired. */
  private static double[] candidate(
      SplittableRandom random, float[] x, float[] w, float f, float[] near) {
    double[] d = new double[x.length];
    double reach = 0;
    double scale = Math.pow(10, -3 * random.nextDouble());
    int fix = random.nextInt(x.length);
    for (int i = 0; i < d.length; i++) {
      double y = Math.min(1, Math.max(0, x[i] + near[i] + scale * random.nextDouble(-1, 1)));
      d[i] = y - x[i];
      reach += i == fix ? 0 : w[i] * d[i];
    }
    d[fix] = (-f - reach) / w[fix];
    double y = x[fix] + d[fix];
    return y >= 0 && y <= 1 ? d : null;
  }

  private static double size(double[] d, Norm norm) {
    double sum = 0;
    for (double v : d) {
      sum =
          switch (norm) {
            case L2 -> Math.hypot(sum, v);
            case L1 -> sum + Math.abs(v);
            default -> Math.max(sum, Math.abs(v));
          };
    }
    return sum;
  }

  @Test
  void bothFormsAgreeInABall() {
    try (TinyMlp model = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(model, 30, 2);
        EvasionResult all = Fab.linf(0.015).withSteps(30).run(model, images, Run.seed(0));
        EvasionResult targeted =
            Fab.targeted(Ball.linf(0.015)).withSteps(30).run(model, images, Run.seed(0))) {
      long a = all.successRate().successes();
      assertThat(a).isBetween(3L, 28L);
      assertThat(targeted.successRate().successes()).isBetween(a - 1, a + 3);
    }
  }
}
