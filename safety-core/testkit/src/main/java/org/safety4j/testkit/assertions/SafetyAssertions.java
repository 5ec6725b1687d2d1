package org.safety4j.testkit.assertions;

import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.metric.CertifiedCurve;
import org.safety4j.core.metric.Roc;
import org.safety4j.core.model.ImageClassifier;

/**
 * Entry points. An assertion about a rate fails only when the rate's 95 % interval says so: the
 * sample at hand must be evidence against the claim, not just fall short of it by chance. Its
 * message shows the figure, the interval and the worst samples.
 *
 * <pre>{@code
 * assertThat(classifier).on(images).underAttack(Pgd.linf(4 / 255.0))
 *     .withinSeconds(60)
 *     .hasRobustAccuracyAtLeast(0.40);
 * }</pre>
 */
public final class SafetyAssertions {
  private SafetyAssertions() {}

  /**
   * Starts an assertion about a classifier.
   *
   * @param <M> the rung
   * @param actual the classifier
   * @return the assertion
   */
  public static <M extends ImageClassifier.Black> ClassifierAssert<M> assertThat(M actual) {
    return new ClassifierAssert<>(actual);
  }

  /**
   * Starts an assertion about an attack's result.
   *
   * @param actual the result
   * @return the assertion
   */
  public static EvasionResultAssert assertThat(EvasionResult actual) {
    return new EvasionResultAssert(actual);
  }

  /**
   * Starts an assertion about certificates.
   *
   * @param actual certified radii of a set of samples
   * @return the assertion
   */
  public static CertifiedCurveAssert assertThat(CertifiedCurve actual) {
    return new CertifiedCurveAssert(actual);
  }

  /**
   * Starts an assertion about a detector.
   *
   * @param actual its scores on benign and attacked samples
   * @return the assertion
   */
  public static RocAssert assertThat(Roc actual) {
    return new RocAssert(actual);
  }
}
