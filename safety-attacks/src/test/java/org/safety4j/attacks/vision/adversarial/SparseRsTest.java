package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.EvasionAttackContract;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class SparseRsTest extends EvasionAttackContract {
  private static final Shape RGB = new Shape(3, 9, 7);

  @Override
  protected EvasionAttack<?> attack() {
    return SparseRs.pixels(6).withQueries(80);
  }

  @Override
  protected Optional<EvasionAttack<?>> withoutRoom() {
    return Optional.of(SparseRs.pixels(6).withQueries(1));
  }

  /** Which pixels differ in any channel, {@code [N][H*W]}. */
  private static boolean[][] changed(LabeledImages images, EvasionResult result) {
    float[] before = images.images().toFloatArray();
    float[] after = result.adversarials().toFloatArray();
    int pixels = 63;
    boolean[][] changed = new boolean[images.size()][pixels];
    for (int i = 0; i < before.length; i++) {
      if (before[i] != after[i]) {
        changed[i / (3 * pixels)][i % pixels] = true;
      }
    }
    return changed;
  }

  private static boolean[][] attacked(SparseRs attack) {
    try (TinyMlp model = TinyMlp.of(RGB, 4, 5);
        LabeledImages images = TestImages.labelledBy(model, 12, 3);
        EvasionResult result = attack.run(model, images, Run.seed(0))) {
      assertThat(result.norm()).isEqualTo(Norm.L0);
      assertThat(result.successRate().successes()).isGreaterThan(3);
      return changed(images, result);
    }
  }

  /** Oracle 16: at most k pixels change. */
  @Test
  void changesAtMostAsManyPixelsAsAllowed() {
    for (boolean[] pixels : attacked(SparseRs.pixels(7).withQueries(300))) {
      int count = 0;
      for (boolean p : pixels) {
        count += p ? 1 : 0;
      }
      assertThat(count).isLessThanOrEqualTo(7);
    }
  }

  /** Oracle 16: the change is exactly 0 outside of one square. */
  @Test
  void aPatchStaysOneSquare() {
    int side = 3;
    for (boolean[] pixels : attacked(SparseRs.patch(side).withQueries(300))) {
      int top = 9;
      int bottom = 0;
      int left = 7;
      int right = 0;
      for (int i = 0; i < pixels.length; i++) {
        if (pixels[i]) {
          top = Math.min(top, i / 7);
          bottom = Math.max(bottom, i / 7);
          left = Math.min(left, i % 7);
          right = Math.max(right, i % 7);
        }
      }
      assertThat(bottom - top).isLessThan(side);
      assertThat(right - left).isLessThan(side);
    }
  }

  /** Oracle 16: the change is exactly 0 inside of the frame. */
  @Test
  void aFrameLeavesTheInsideAlone() {
    for (boolean[] pixels : attacked(SparseRs.frame(1).withQueries(300))) {
      for (int i = 0; i < pixels.length; i++) {
        boolean border = i / 7 == 0 || i / 7 == 8 || i % 7 == 0 || i % 7 == 6;
        assertThat(pixels[i] && !border).isFalse();
      }
    }
  }

  @Test
  void findsTheBestPixelsOfALinearModel() {
    double[] w = Linear.weights(1);
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 4);
        EvasionResult result =
            SparseRs.pixels(1).withQueries(400).run(model, images, Run.seed(0))) {
      for (int i = 0; i < images.size(); i++) {
        float[] x = Linear.image(images.images().toFloatArray(), i);
        int towards = images.labels()[i] == 1 ? -1 : 1;
        double[] gains = new double[Linear.D];
        for (int j = 0; j < gains.length; j++) {
          double v = towards * w[j];
          gains[j] = v > 0 ? v * (1 - x[j]) : -v * x[j];
        }
        Arrays.sort(gains);
        double best = gains[Linear.D - 1];
        double gain = QueryTests.last(result, i) + QueryTests.margin(model, images, i);
        if (result.sample(i).success()) {
          assertThat(gain).isLessThanOrEqualTo(best + 1e-4);
        } else {
          assertThat(gain).isCloseTo(best, offset(1e-4));
        }
      }
    }
  }

  @Test
  void theShareFallsAtThePapersPointsOfTheBudget() {
    int[] steps = {0, 50, 51, 201, 501, 1001, 2001, 4001, 6001, 8001, 10_000};
    int[] divisors = {2, 2, 4, 5, 6, 8, 10, 12, 15, 20, 20};
    for (int i = 0; i < steps.length; i++) {
      assertThat(SparseRs.shareAt(0.3, steps[i], 10_000)).isEqualTo(0.3 / divisors[i]);
    }
  }

  @Test
  void wrongSettingsSayWhatIsAllowed() {
    assertThatThrownBy(() -> SparseRs.pixels(0)).hasMessageContaining("size");
    assertThatThrownBy(() -> SparseRs.patch(2).withShare(0)).hasMessageContaining("share");
    assertThatThrownBy(() -> SparseRs.frame(2).withQueries(0)).hasMessageContaining("queries");
    try (LinearClassifier model = Linear.binary(1);
        LabeledImages images = Linear.images(model, 1)) {
      assertThatThrownBy(() -> SparseRs.patch(4).run(model, images, Run.seed(0)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("at most 3");
    }
  }
}
