package org.safety4j.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CurvesTest {
  @Test
  void samplesNeverWonStayInTheDenominator() {
    QueriesToSuccess curve =
        QueriesToSuccess.of(
            new long[] {30, 10, 1000, 10},
            new boolean[] {true, true, false, true},
            "correctly classified images");
    assertThat(curve.points())
        .containsExactly(new QueriesToSuccess.Point(10, 0.5), new QueriesToSuccess.Point(30, 0.75));
    assertThat(curve.within(29)).isEqualTo(Rate.of(2, 4, "correctly classified images"));
    assertThat(curve.within(1_000_000).value()).isEqualTo(0.75);
    assertThat(curve.medianOfSuccesses()).isEqualTo(10);
  }

  @Test
  void medianOfTwoSuccessesIsBetweenThem() {
    assertThat(
            QueriesToSuccess.of(new long[] {2, 5}, new boolean[] {true, true}, "images")
                .medianOfSuccesses())
        .isEqualTo(3.5);
    assertThat(QueriesToSuccess.of(new long[] {2}, new boolean[1], "images").medianOfSuccesses())
        .isNaN();
  }

  @Test
  void queryCurveRefusesNegativeCounts() {
    assertThatThrownBy(() -> QueriesToSuccess.of(new long[] {-1}, new boolean[1], "images"))
        .hasMessage("queries[0] must be at least 0, was -1");
  }

  @Test
  void abstentionsAndWrongCertificatesAreFailures() {
    CertifiedCurve curve =
        CertifiedCurve.of(
            new double[] {0.5, 1.0, 2.0, Double.NaN, 0},
            new boolean[] {true, true, false, true, true},
            "images");
    assertThat(curve.at(0)).isEqualTo(Rate.of(2, 5, "images"));
    assertThat(curve.at(0.5)).isEqualTo(Rate.of(2, 5, "images"));
    assertThat(curve.at(0.51)).isEqualTo(Rate.of(1, 5, "images"));
    assertThat(curve.at(1.5).value()).isZero();
    assertThat(curve.meanRadius()).isEqualTo(0.3);
  }

  @Test
  void summaryLeavesNaNOut() {
    Summary summary = Summary.of(1, Double.NaN, 4, 2, 9);
    assertThat(summary).isEqualTo(new Summary(4, 1, 3, 4, 9));
  }
}
