package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.safety4j.core.defense.Detector;

/**
 * What every detector must keep to. Batches belong to the subclass, which frees them after each
 * test.
 *
 * @param <X> what it looks at
 */
public abstract class DetectorContract<X> {
  /** For subclasses. */
  protected DetectorContract() {}

  /**
   * Makes the detector under test, not calibrated.
   *
   * @return the detector
   */
  protected abstract Detector<X> detector();

  /**
   * Returns benign inputs, at least 40.
   *
   * @return the same batch whenever it is asked within a test
   */
  protected abstract X benign();

  /**
   * Returns inputs that are to be detected.
   *
   * @return the same batch whenever it is asked within a test
   */
  protected abstract X suspicious();

  /**
   * Takes a part of a batch.
   *
   * @param batch a batch
   * @param from first sample
   * @param to the sample after the last one
   * @return the part
   */
  protected abstract X slice(X batch, int from, int to);

  /**
   * Returns how often a suspicious input must score above a benign one.
   *
   * @return 0.8 by default
   */
  protected double auroc() {
    return 0.8;
  }

  @Test
  final void scoresSuspiciousInputsHigher() {
    double[] benign = detector().score(benign());
    double[] suspicious = detector().score(suspicious());
    double above = 0;
    for (double s : suspicious) {
      for (double b : benign) {
        above += s > b ? 1 : s == b ? 0.5 : 0;
      }
    }
    assertThat(above / (suspicious.length * benign.length)).isGreaterThanOrEqualTo(auroc());
  }

  @Test
  final void scoresAreFiniteAndTheSameTwice() {
    double[] scores = detector().score(benign());
    for (double s : scores) {
      assertThat(s).isFinite();
    }
    assertThat(detector().score(benign())).containsExactly(scores);
  }

  @Test
  final void scoresASampleTheSameInEveryBatch() {
    double[] together = detector().score(benign());
    assertThat(detector().score(slice(benign(), 1, 4)))
        .containsExactly(Arrays.copyOfRange(together, 1, 4), offset(1e-4));
  }

  @Test
  final void wantsCalibrationBeforeItDecides() {
    Detector<X> detector = detector();
    assumeTrue(Double.isNaN(detector.threshold()), "the detector knows its threshold");
    assertThatThrownBy(() -> detector.detect(benign()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("calibrated");
  }

  @Test
  final void calibrationBoundsTheShareOfBenignInputsRejected() {
    for (double rate : new double[] {0.05, 0.1, 0.3}) {
      Detector<X> calibrated = detector().calibrated(benign(), rate);
      boolean[] rejected = calibrated.detect(benign());
      int count = 0;
      for (boolean r : rejected) {
        count += r ? 1 : 0;
      }
      assertThat((double) count / rejected.length).isLessThanOrEqualTo(rate + 1e-9);
      assertThat(calibrated.threshold()).isFinite();
      assertThat(calibrated.info()).isEqualTo(detector().info());
    }
  }

  @Test
  final void aLargerRateRejectsNoLess() {
    double strict = detector().calibrated(benign(), 0.05).threshold();
    double loose = detector().calibrated(benign(), 0.5).threshold();
    assertThat(loose).isLessThanOrEqualTo(strict);
  }

  @Test
  final void refusesRatesThatAreNone() {
    for (double rate : new double[] {-0.1, 1.5, Double.NaN}) {
      assertThatThrownBy(() -> detector().calibrated(benign(), rate))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  final void exactDetectorsGiveProbabilities() {
    assumeTrue(detector() instanceof Detector.Exact, "the detector has no exact null");
    double[] p = ((Detector.Exact<X>) detector()).pValue(benign());
    double mean = Arrays.stream(p).average().orElseThrow();
    for (double v : p) {
      assertThat(v).isBetween(0.0, 1.0);
    }
    // Under the null p-values are uniform or, for discrete scores, larger: five standard errors.
    assertThat(mean).isGreaterThan(0.5 - 5 * Math.sqrt(1.0 / 12 / p.length));
  }
}
