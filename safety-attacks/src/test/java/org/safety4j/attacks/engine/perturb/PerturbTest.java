package org.safety4j.attacks.engine.perturb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.DegenerateGradient;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.models.Observed;
import org.safety4j.testkit.models.QuantisedClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class PerturbTest {
  private TinyMlp model;
  private LabeledImages images;

  @BeforeEach
  void open() {
    model = TinyMlp.create();
    images = TestImages.labelledBy(model, 16, 1);
  }

  @AfterEach
  void close() {
    images.close();
    model.close();
  }

  private static Perturb ascent(double epsilon, int steps) {
    return Perturb.maximise(CrossEntropy.untargeted())
        .within(Ball.linf(epsilon))
        .stepping(SignStep.of(epsilon / 8))
        .times(steps);
  }

  @Test
  void samplesThatHaveFallenLeaveTheBatch() {
    List<Long> batches = new ArrayList<>();
    ImageClassifier.White seen =
        Observed.model(model, ImageClassifier.White.class, x -> batches.add(x.getShape().get(0)));
    try (EvasionResult result = ascent(0.15, 30).run(seen, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isEqualTo(16);
      long asked = batches.stream().mapToLong(Long::longValue).sum();
      assertThat(asked).isLessThan(16L * 12);
      for (EvasionResult.Sample sample : result.samples()) {
        assertThat(sample.queries()).isEqualTo(1 + sample.steps() + 1);
      }
    }
  }

  /** Oracle 16. */
  @Test
  void nothingChangesOutsideOfTheMask() {
    float[] allowed = new float[64];
    java.util.Arrays.fill(allowed, 0, 24, 1);
    try (NDManager manager = Tensors.newManager()) {
      NDArray mask = manager.create(allowed, new Shape(1, 1, 8, 8));
      for (Ball ball : new Ball[] {Ball.linf(0.3), Ball.l2(0.8), Ball.l1(3)}) {
        StepRule rule =
            switch (ball.norm()) {
              case LINF -> SignStep.of(0.05);
              case L2 -> L2Step.of(0.2);
              default -> L1Step.of(0.5, 0.05);
            };
        Perturb search =
            ascent(0.3, 15).within(ball).stepping(rule).onlyWhere(mask).from(Start.RANDOM);
        try (EvasionResult result = search.run(model, images, Run.seed(0))) {
          float[] x = images.images().toFloatArray();
          float[] y = result.adversarials().toFloatArray();
          int moved = 0;
          for (int i = 0; i < x.length; i++) {
            if (allowed[i % 64] == 0) {
              assertThat(y[i]).isEqualTo(x[i]);
            } else {
              moved += y[i] != x[i] ? 1 : 0;
            }
          }
          assertThat(moved).isPositive();
          assertThat(result.successRate().successes()).as(ball.toString()).isPositive();
        }
      }
    }
  }

  @Test
  void minimisingALossIsMaximisingItsNegative() {
    try (EvasionResult up = ascent(0.05, 5).run(model, images, Run.seed(0));
        EvasionResult down =
            Perturb.minimise((z, y) -> CrossEntropy.untargeted().values(z, y).neg())
                .within(Ball.linf(0.05))
                .stepping(SignStep.of(0.05 / 8))
                .times(5)
                .run(model, images, Run.seed(0))) {
      assertThat(down.adversarials().toFloatArray())
          .containsExactly(up.adversarials().toFloatArray());
    }
  }

  @Test
  void maskedGradientsCanBeMadeAnError() {
    assertThatThrownBy(
            () ->
                ascent(0.1, 3)
                    .strictly()
                    .run(QuantisedClassifier.of(model, 16), images, Run.seed(0))
                    .close())
        .isInstanceOf(DegenerateGradient.class)
        .hasMessageContaining("masked gradients")
        .hasMessageContaining("BPDA");
  }

  /** A model whose gradient is NaN in one pixel. */
  private static final class Broken {
    static ImageClassifier.White of(ImageClassifier.White model) {
      return (ImageClassifier.White)
          java.lang.reflect.Proxy.newProxyInstance(
              Broken.class.getClassLoader(),
              new Class<?>[] {ImageClassifier.White.class},
              (proxy, method, arguments) -> {
                Object answer = method.invoke(model, arguments);
                return answer instanceof Linearized at ? broken(at) : answer;
              });
    }

    private static Linearized broken(Linearized at) {
      return new Linearized() {
        @Override
        public NDArray logits() {
          return at.logits();
        }

        @Override
        public NDArray pullback(NDArray cotangent) {
          NDArray g = at.pullback(cotangent);
          float[] values = g.toFloatArray();
          values[0] = Float.NaN;
          return g.getManager().create(values, g.getShape());
        }

        @Override
        public void close() {
          at.close();
        }
      };
    }
  }

  @Test
  void gradientsThatAreNotFiniteAreReportedAndDoNotSpoilTheImage() {
    try (EvasionResult result = ascent(0.1, 10).run(Broken.of(model), images, Run.seed(0))) {
      assertThat(Ops.isFinite(result.adversarials())).isTrue();
      assertThat(result.warnings())
          .anySatisfy(w -> assertThat(w).contains("not finite for").contains("of 16"));
      assertThat(result.successRate().successes()).isPositive();
    }
  }

  @Test
  void progressIsHeardOfAtEveryStep() {
    List<Long> steps = new ArrayList<>();
    Run run =
        Run.seed(0)
            .withListener(
                (stage, step, of, value) -> {
                  assertThat(stage).isEqualTo("perturb");
                  assertThat(of).isEqualTo(6);
                  assertThat(value).isFinite();
                  steps.add(step);
                });
    ascent(0.001, 6).run(model, images, run).close();
    assertThat(steps).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
  }

  @Test
  void tracesRiseAndCountQueries() {
    try (EvasionResult result = ascent(0.02, 10).run(model, images, Run.seed(0))) {
      assertThat(result.lossTrace()).hasSize(10);
      assertThat(result.lossTrace()[9]).isGreaterThan(result.lossTrace()[0]);
      assertThat(result.traces()).hasSize(16);
      assertThat(result.traces().get(0).values()).isSorted();
      assertThat(result.traces().get(0).queries()).isSorted();
    }
  }

  @Test
  void largeInputsAreWorkedOffInParts() {
    try (TinyMlp large = TinyMlp.of(new Shape(3, 96, 96), 3, 1);
        LabeledImages many = TestImages.labelledBy(large, 90, 1)) {
      List<Long> batches = new ArrayList<>();
      ImageClassifier.White seen =
          Observed.model(large, ImageClassifier.White.class, x -> batches.add(x.getShape().get(0)));
      ascent(0.001, 1).run(seen, many, Run.seed(0)).close();
      assertThat(batches).allSatisfy(n -> assertThat(n).isLessThanOrEqualTo(87));
      assertThat(batches).contains(87L, 3L);
    }
  }

  @Test
  void adamAscendsToo() {
    try (EvasionResult result =
        ascent(0.1, 25).stepping(AdamStep.of(0.02)).run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isGreaterThan(10);
    }
  }

  @Test
  void aSearchWithoutARuleIsRefused() {
    assertThatThrownBy(
            () ->
                Perturb.maximise(CrossEntropy.untargeted()).run(model, images, Run.seed(0)).close())
        .hasMessage("a search needs a step rule; call stepping(...)");
  }

  @Test
  void targetsMustFit() {
    assertThatThrownBy(
            () ->
                Perturb.maximise(CrossEntropy.targeted())
                    .stepping(SignStep.of(0.1))
                    .towards(Target.of(1, 2))
                    .run(model, images, Run.seed(0))
                    .close())
        .hasMessage("targets must be one for all or one a sample, were 2 for 16 samples");
    assertThatThrownBy(
            () ->
                Perturb.maximise(CrossEntropy.targeted())
                    .stepping(SignStep.of(0.1))
                    .towards(Target.of(9))
                    .run(model, images, Run.seed(0))
                    .close())
        .hasMessage("target must be in [0, 4), was 9");
  }

  @Test
  void randomStartsFillTheBall() {
    for (Ball ball : new Ball[] {Ball.linf(0.1), Ball.l2(0.5), Ball.l1(2)}) {
      try (EvasionResult result =
          ascent(0.1, 0)
              .within(ball)
              .from(Start.RANDOM)
              .finishing(Finish.LAST_IMAGE)
              .run(model, images, Run.seed(0))) {
        double mean = java.util.Arrays.stream(result.distances()).average().orElseThrow();
        assertThat(mean).isGreaterThan(0.3 * ball.epsilon());
        for (double d : result.distances()) {
          assertThat(d).isLessThanOrEqualTo(ball.epsilon() * 1.00001);
        }
      }
    }
  }
}
