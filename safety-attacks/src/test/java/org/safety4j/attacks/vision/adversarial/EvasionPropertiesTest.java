package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.CancelToken;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Scope;
import org.safety4j.testkit.models.Observed;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

/** Rules that hold for every attack, budget, norm and model. */
class EvasionPropertiesTest {
  private static final int IMAGES = 4;

  /** An attack, the model that it meets, and the seed of its run. */
  record Duel(EvasionAttack<?> attack, Shape shape, int classes, long modelSeed, long seed) {
    TinyMlp open() {
      return TinyMlp.of(shape, classes, modelSeed);
    }

    LabeledImages images(TinyMlp model) {
      return TestImages.mislabelled(
          TestImages.labelledBy(model, IMAGES, modelSeed + 1), classes, 1);
    }

    EvasionResult run(ImageClassifier.White model, LabeledImages images, Run run) {
      return runOn(attack, model, images, run);
    }

    private static <M extends ImageClassifier.Black> EvasionResult runOn(
        EvasionAttack<M> attack, ImageClassifier.White model, LabeledImages images, Run run) {
      return attack.run(attack.requires().cast(model), images, run);
    }
  }

  @Provide
  Arbitrary<Duel> duels() {
    Arbitrary<Shape> shapes =
        Combinators.combine(
                Arbitraries.integers().between(1, 3),
                Arbitraries.integers().between(4, 7),
                Arbitraries.integers().between(4, 7))
            .as((c, h, w) -> new Shape(c, h, w));
    return Combinators.combine(
            attacks(),
            shapes,
            Arbitraries.integers().between(4, 6),
            Arbitraries.longs().between(0, 1_000),
            Arbitraries.longs())
        .as(Duel::new);
  }

  private static Arbitrary<EvasionAttack<?>> attacks() {
    Arbitrary<Ball> balls =
        Combinators.combine(
                Arbitraries.of(Norm.LINF, Norm.L2, Norm.L1),
                Arbitraries.doubles().between(1e-3, 0.5).ofScale(4))
            .as((norm, e) -> new Ball(norm, norm == Norm.L1 ? 4 * e : e));
    return Combinators.combine(
            balls, Arbitraries.integers().between(0, 9), Arbitraries.integers().between(1, 6))
        .as(EvasionPropertiesTest::attack);
  }

  private static EvasionAttack<?> attack(Ball ball, int kind, int steps) {
    List<EvasionAttack<?>> attacks = new ArrayList<>();
    attacks.add(Pgd.linf(1).withBall(ball).withSteps(steps).withRestarts(2));
    attacks.add(new Fab(ball, steps, 1, 0));
    attacks.add(Eot.linf(1).withBall(ball).withSteps(steps).withDraws(2));
    if (ball.norm() != Norm.L1) {
      attacks.add(Fgsm.linf(1).withBall(ball));
      attacks.add(Bim.linf(1).withBall(ball).withSteps(steps));
      attacks.add(Apgd.linf(1).withBall(ball).withSteps(4 * steps));
      attacks.add(Apgd.targeted(ball).withSteps(2 * steps));
      attacks.add(Square.linf(1).withBall(ball).withQueries(4 * steps));
    }
    if (ball.norm() == Norm.LINF) {
      attacks.add(MiFgsm.linf(1).withBall(ball).withSteps(steps));
      attacks.add(DiFgsm.linf(1).withBall(ball).withSteps(steps));
    }
    return attacks.get(kind % attacks.size());
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void staysWithinBallAndBoxAndIsNeverWorseThanDoingNothing(@ForAll("duels") Duel duel) {
    try (TinyMlp model = duel.open();
        LabeledImages images = duel.images(model);
        EvasionResult result = duel.run(model, images, Run.seed(duel.seed));
        Scope scope = Scope.open()) {
      Ball ball = ((Constrained<?>) duel.attack).ball();
      float[] moved = ball.norm().of(result.adversarials().sub(images.images())).toFloatArray();
      for (float d : moved) {
        assertThat((double) d).isLessThanOrEqualTo(ball.epsilon() * (1 + 1e-5) + 1e-6);
      }
      for (float v : result.adversarials().toFloatArray()) {
        assertThat(v).isBetween(0f, 1f);
      }
      int[] after = model.labels(result.adversarials());
      int[] labels = images.labels();
      assertThat(result.sample(1).wasCorrect()).isFalse();
      assertThat(moved[1]).isZero();
      for (int i = 0; i < IMAGES; i++) {
        boolean wrong = after[i] != labels[i];
        assertThat(wrong).isEqualTo(result.sample(i).success() || i == 1);
      }
    }
  }

  @Property(tries = 25, edgeCases = EdgeCasesMode.NONE)
  void givesTheSameOnOneAndOnFourThreads(@ForAll("duels") Duel duel) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try (TinyMlp model = duel.open();
        LabeledImages images = duel.images(model);
        EvasionResult alone = duel.run(model, images, Run.seed(duel.seed))) {
      float[] expected = alone.adversarials().toFloatArray();
      List<Callable<float[]>> tasks = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        tasks.add(
            () -> {
              try (EvasionResult r = duel.run(model, images, Run.seed(duel.seed))) {
                return r.adversarials().toFloatArray();
              }
            });
      }
      for (Future<float[]> future : pool.invokeAll(tasks)) {
        assertThat(future.get()).containsExactly(expected);
      }
    } finally {
      pool.shutdown();
    }
  }

  @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
  void stopsWithinAStepOfCancellation(@ForAll("duels") Duel duel) {
    try (TinyMlp model = duel.open();
        LabeledImages images = duel.images(model)) {
      AtomicInteger calls = new AtomicInteger();
      ImageClassifier.White counted =
          Observed.model(model, ImageClassifier.White.class, x -> calls.incrementAndGet());
      duel.run(counted, images, Run.seed(duel.seed)).close();
      int total = calls.getAndSet(0);
      int at = 1 + Math.floorMod(duel.seed, total);
      int step = duel.attack instanceof Eot ? 4 : 3;
      if (total - at <= step) {
        return;
      }
      CancelToken token = new CancelToken();
      ImageClassifier.White cancelling =
          Observed.model(
              model,
              ImageClassifier.White.class,
              x -> {
                if (calls.incrementAndGet() == at) {
                  token.cancel();
                }
              });
      Run run = Run.seed(duel.seed).withCancel(token);
      assertThatThrownBy(() -> duel.run(cancelling, images, run).close())
          .isInstanceOf(RunCancelled.class);
      assertThat(calls.get() - at).isLessThan(step);
    }
  }
}
