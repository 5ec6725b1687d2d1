package org.safety4j.defenses.engine.smooth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.core.model.ImageClassifier;

class CertificateTest {
  /** Oracle 20. */
  @ParameterizedTest
  @CsvSource({
    "100, 100, 0.933254, 1.50048",
    "100000, 100000, 0.9999309, 3.81146",
    "99000, 100000, 0.988989, 2.29000",
    "75000, 100000, 0.745747, 0.66117"
  })
  void boundAndRadiusAreTheClosedForm(long votes, long samples, double bound, double radius) {
    Certificate unit = Certificate.of(3, votes, samples, 0.001, 1);
    Certificate quarter = Certificate.of(3, votes, samples, 0.001, 0.25);

    assertThat(unit.lowerBound()).isCloseTo(bound, within(1e-6));
    assertThat(unit.radius()).isCloseTo(radius, within(1e-5));
    assertThat(quarter.radius()).isCloseTo(radius / 4, within(1e-5));
    assertThat(unit.label()).isEqualTo(3);
  }

  @Test
  void boundOfAtMostOneHalfAbstains() {
    Certificate certificate = Certificate.of(3, 52_000, 104_000, 0.001, 0.5);

    assertThat(certificate.abstained()).isTrue();
    assertThat(certificate.label()).isEqualTo(ImageClassifier.Black.REJECTED);
    assertThat(certificate.radius()).isZero();
  }

  @Test
  void curveCountsAbstentionsAndWrongClassesAsFailures() {
    Certificates certificates =
        new Certificates(
            List.of(
                Certificate.of(1, 100, 100, 0.001, 1),
                Certificate.of(1, 100, 100, 0.001, 1),
                Certificate.of(1, 50, 100, 0.001, 1),
                Certificate.of(1, 90, 100, 0.001, 1)),
            List.of(1, 0, 1, 1));

    assertThat(certificates.curve().at(0).value()).isEqualTo(0.5);
    assertThat(certificates.curve().at(1.4).value()).isEqualTo(0.25);
    assertThat(certificates.curve().at(1.6).value()).isZero();
    assertThat(certificates.abstentions().value()).isEqualTo(0.25);
  }

  @Test
  void errorsNameFieldAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Certificate.of(0, 1, 1, 0, 1))
        .withMessage("alpha must be in (0, 1), was 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Certificate.of(0, 1, 1, 0.1, -1))
        .withMessageContaining("sigma");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Certificates(List.of(), List.of(1)))
        .withMessageContaining("labels must be one a certificate");
  }
}
