package org.safety4j.testkit.assertions;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.safety4j.testkit.assertions.SafetyAssertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.metric.CertifiedCurve;
import org.safety4j.core.metric.Roc;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Provenance;
import org.safety4j.core.run.Run;

class SafetyAssertionsTest {
  private static final ImageClassifier.Gray BRIGHT =
      ImageClassifier.gray(
          2,
          batch -> {
            float[] pixels = batch.toFloatArray();
            float[][] scores = new float[pixels.length][];
            for (int i = 0; i < pixels.length; i++) {
              scores[i] = new float[] {0.5f - pixels[i], pixels[i] - 0.5f};
            }
            return scores;
          });

  /** Darkens every image by epsilon. */
  private record Darken(double epsilon, List<String> warnings) implements EvasionAttack.Black {
    @Override
    public MethodInfo info() {
      return MethodInfo.attack("test-darken", requires()).cites("Test", 2026).build();
    }

    @Override
    public EvasionResult run(ImageClassifier.Black model, LabeledImages input, Run run) {
      NDArray moved = input.images().sub((float) epsilon);
      int[] before = model.labels(input.images());
      int[] after = model.labels(moved);
      EvasionResult.Builder result = EvasionResult.of(moved, Norm.LINF);
      for (int i = 0; i < before.length; i++) {
        int label = input.labels()[i];
        boolean success = before[i] == label && after[i] != label;
        result.add(new EvasionResult.Sample(label, before[i], after[i], success, epsilon, 2, 1));
      }
      warnings.forEach(result::warn);
      return result
          .provenance(
              new Provenance("test-darken", "", run.seed(), "bright", "", Map.of(), Instant.EPOCH))
          .build();
    }
  }

  private static LabeledImages bright(int n) {
    float[] pixels = new float[n];
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      pixels[i] = 0.6f + 0.3f * i / n;
      labels[i] = 1;
    }
    return LabeledImages.of("bright", pixels, new Shape(1, 1, 1), labels, List.of());
  }

  @Test
  void passesWhereTheAccuracyHolds() {
    try (LabeledImages images = bright(100)) {
      assertThatCode(
              () ->
                  assertThat(BRIGHT)
                      .on(images)
                      .hasAccuracyAtLeast(0.99)
                      .underAttack(new Darken(0.2, List.of()))
                      .withinSeconds(10)
                      .hasRobustAccuracyAtLeast(0.60))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void failsWithFigureIntervalAndWorstSamplesWhereItClearlyDoesNot() {
    try (LabeledImages images = bright(100)) {
      assertThatThrownBy(
              () ->
                  assertThat(BRIGHT)
                      .on(images)
                      .underAttack(new Darken(0.2, List.of()))
                      .hasRobustAccuracyAtLeast(0.90))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("test-darken")
          .hasMessageContaining("of 100 images")
          .hasMessageContaining("clearly below 0.900")
          .hasMessageContaining("image 0: 1 taken for 0");
    }
  }

  @Test
  void doesNotFailOnEvidenceThatChanceExplains() {
    try (LabeledImages images = bright(9)) {
      // 5 or 6 of 9 stand: the interval reaches above 0.75.
      assertThatCode(
              () ->
                  assertThat(BRIGHT)
                      .on(images)
                      .underAttack(new Darken(0.2, List.of()))
                      .hasRobustAccuracyAtLeast(0.75))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void doubtfulResultsProveNothing() {
    try (LabeledImages images = bright(50)) {
      assertThatThrownBy(
              () ->
                  assertThat(BRIGHT)
                      .on(images)
                      .underAttack(new Darken(0, List.of("the gradient was zero everywhere")))
                      .hasRobustAccuracyAtLeast(0.5))
          .hasMessageContaining("doubtful")
          .hasMessageContaining("zero everywhere");
    }
  }

  @Test
  void ballIsCheckedForEveryImage() {
    try (LabeledImages images = bright(5);
        EvasionResult result = new Darken(0.2, List.of()).run(BRIGHT, images, Run.seed(0))) {
      assertThat(result).staysWithin(Ball.linf(0.2));
      assertThatThrownBy(() -> assertThat(result).staysWithin(Ball.linf(0.19)))
          .hasMessageContaining("image 0 was moved by 0.2");
    }
  }

  @Test
  void certificatesAndDetectorsAreHeldToTheirRates() {
    double[] radii = new double[100];
    boolean[] correct = new boolean[100];
    for (int i = 0; i < 100; i++) {
      radii[i] = i / 100.0;
      correct[i] = true;
    }
    CertifiedCurve curve = CertifiedCurve.of(radii, correct, "images");
    assertThat(curve).hasCertifiedAccuracyAtLeast(0.5, 0.45);
    assertThatThrownBy(() -> assertThat(curve).hasCertifiedAccuracyAtLeast(0.5, 0.9))
        .hasMessageContaining("certified accuracy at radius 0.5");
    Roc roc = Roc.of(new double[] {0, 1, 2, 3}, radii);
    assertThatThrownBy(() -> assertThat(roc).hasDetectionRateAtLeast(0.25, 0.9))
        .hasMessageContaining("detection rate");
  }
}
