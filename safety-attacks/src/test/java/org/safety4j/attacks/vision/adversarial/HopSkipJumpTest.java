package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.attack.QueryTrace;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.QuadraticClassifier;

class HopSkipJumpTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return HopSkipJump.l2(0.9).withDirections(20, 100).withQueries(300);
  }

  private static void findsTheProjection(HopSkipJump attack, Norm norm, double tolerance) {
    try (LinearClassifier model = Linear.multiclass(3, 1);
        LabeledImages images = Linear.images(model, 4);
        EvasionResult result = attack.withQueries(4000).run(model, images, Run.seed(0))) {
      assertThat(result.successRate().value()).isEqualTo(1);
      for (int i = 0; i < images.size(); i++) {
        double least = QueryTests.distance(model, images, i, norm);
        assertThat(result.sample(i).distance())
            .isBetween(least * (1 - 1e-4), least * (1 + tolerance));
      }
    }
  }

  /** Oracles 3 and 10: the minimal distance of a linear model. */
  @Test
  void convergesToTheOrthogonalProjectionInL2() {
    findsTheProjection(HopSkipJump.l2(), Norm.L2, 0.02);
  }

  /** Oracle 3 with the dual norm. */
  @Test
  void convergesToTheMinimalDistanceInLinf() {
    findsTheProjection(HopSkipJump.linf(), Norm.LINF, 0.1);
  }

  @Test
  void convergesToTheDistanceOfASphere() {
    double[] centre = new double[Linear.D];
    Arrays.fill(centre, 0.5);
    float[] pixels = new float[Linear.D];
    Arrays.fill(pixels, 0.5f);
    Arrays.fill(pixels, 0, 4, 0.95f);
    try (QuadraticClassifier model = QuadraticClassifier.sphere(centre, 0.5, Linear.SHAPE);
        LabeledImages images =
            LabeledImages.of("outside", pixels, Linear.SHAPE, new int[] {0}, List.of());
        EvasionResult result = HopSkipJump.l2().withQueries(4000).run(model, images, Run.seed(0))) {
      // The image is 0.9 away from the centre, so 0.4 from the surface.
      assertThat(result.sample(0).distance()).isBetween(0.4 * (1 - 1e-4), 0.4 * 1.02);
    }
  }

  @Test
  void tracesFallAndTellTheQueriesForAnyRadius() {
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 2)) {
      try (EvasionResult all = HopSkipJump.l2().withQueries(1500).run(model, images, Run.seed(0))) {
        QueryTrace trace = all.traces().get(0);
        double[] values = trace.values();
        for (int i = 1; i < values.length; i++) {
          assertThat(values[i]).isLessThan(values[i - 1]);
        }
        double radius = values[values.length / 2];
        long needed = trace.firstAtMost(radius);
        assertThat(trace.firstAtMost(0)).isEqualTo(-1);
        try (EvasionResult within =
            HopSkipJump.l2(radius).withQueries(1500).run(model, images, Run.seed(0))) {
          assertThat(within.sample(0).success()).isTrue();
          assertThat(within.sample(0).distance()).isLessThanOrEqualTo(radius);
          assertThat(within.sample(0).queries()).isBetween(needed, needed + 25);
        }
      }
    }
  }

  @Test
  void needsLabelsOnlyAndKeepsTheBudget() {
    try (LinearClassifier model = Linear.multiclass(3, 1);
        LabeledImages images = Linear.images(model, 4)) {
      ImageClassifier.Black labels =
          Access.restrict(model, ImageClassifier.Black.class, Budget.queries(1_000));
      try (EvasionResult result = HopSkipJump.l2().run(labels, images, Run.seed(0))) {
        assertThat(result.successRate().value()).isEqualTo(1);
        assertThat(result.lossTrace()).isEmpty();
        for (int i = 0; i < images.size(); i++) {
          assertThat(result.sample(i).queries()).isBetween(900L, 1000L);
          double least = QueryTests.distance(model, images, i, Norm.L2);
          assertThat(result.sample(i).distance()).isLessThan(1.2 * least);
        }
      }
    }
  }

  @Test
  void anImageWithoutAnyAdversarialOneIsReported() {
    try (LinearClassifier model =
            LinearClassifier.halfSpace(new double[Linear.D], 1, Linear.SHAPE);
        LabeledImages images = Linear.images(model, 3);
        EvasionResult result = HopSkipJump.l2().withAttempts(12).run(model, images, Run.seed(0))) {
      assertThat(result.successRate().successes()).isZero();
      assertThat(result.queries()).containsOnly(13);
      assertThat(result.warnings()).anyMatch(w -> w.contains("3 of 3"));
    }
  }

  @Test
  void wrongSettingsSayWhatIsAllowed() {
    assertThatThrownBy(() -> HopSkipJump.l2().withDirections(0, 5))
        .hasMessageContaining("firstDirections");
    assertThatThrownBy(() -> HopSkipJump.l2().withAttempts(0)).hasMessageContaining("attempts");
    assertThatThrownBy(() -> HopSkipJump.l2().withQueries(0)).hasMessageContaining("queries");
    assertThatThrownBy(() -> HopSkipJump.l2().withBall(Ball.l1(1))).hasMessageContaining("norm");
  }
}
