package org.safety4j.testkit.assertions;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractAssert;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.metric.Rate;

/** Assertions about what an evasion attack did. */
public final class EvasionResultAssert extends AbstractAssert<EvasionResultAssert, EvasionResult> {
  private static final int WORST = 5;

  EvasionResultAssert(EvasionResult actual) {
    super(actual, EvasionResultAssert.class);
  }

  /**
   * Verifies that the attack left at least an accuracy. Warnings of the attack fail it: a gradient
   * that vanished is no evidence of robustness.
   *
   * @param bound in [0, 1]
   * @return this assertion
   */
  public EvasionResultAssert hasRobustAccuracyAtLeast(double bound) {
    hasNoWarnings();
    Rate rate = actual.robustAccuracy();
    if (Rates.isClearlyBelow(rate, bound)) {
      failWithMessage("%s", Rates.text("robust accuracy", rate, "below", bound) + worst());
    }
    return this;
  }

  /**
   * Verifies that the attack succeeded at least at a rate.
   *
   * @param bound in [0, 1]
   * @return this assertion
   */
  public EvasionResultAssert succeedsAtLeast(double bound) {
    Rate rate = actual.successRate();
    if (Rates.isClearlyBelow(rate, bound)) {
      failWithMessage("%s", Rates.text("success rate", rate, "below", bound));
    }
    return this;
  }

  /**
   * Verifies that the attack succeeded at most at a rate.
   *
   * @param bound in [0, 1]
   * @return this assertion
   */
  public EvasionResultAssert succeedsAtMost(double bound) {
    hasNoWarnings();
    Rate rate = actual.successRate();
    if (Rates.isClearlyAbove(rate, bound)) {
      failWithMessage("%s", Rates.text("success rate", rate, "above", bound) + worst());
    }
    return this;
  }

  /**
   * Verifies that no image was moved further than a ball allows, float rounding aside.
   *
   * @param ball norm and radius, in the norm of the result
   * @return this assertion
   */
  public EvasionResultAssert staysWithin(Ball ball) {
    if (ball.norm() != actual.norm()) {
      failWithMessage("distances are measured in %s, not %s", actual.norm(), ball.norm());
    }
    double[] distances = actual.distances();
    double slack = 1e-4 * Math.max(1e-2, ball.epsilon());
    for (int i = 0; i < distances.length; i++) {
      if (distances[i] > ball.epsilon() + slack) {
        failWithMessage("image %s was moved by %s, allowed is %s", i, distances[i], ball);
      }
    }
    return this;
  }

  /**
   * Verifies that nothing makes the result doubtful.
   *
   * @return this assertion
   */
  public EvasionResultAssert hasNoWarnings() {
    isNotNull();
    if (!actual.warnings().isEmpty()) {
      failWithMessage("the attack's result is doubtful: %s", actual.warnings());
    }
    return this;
  }

  private String worst() {
    List<EvasionResult.Sample> samples = actual.samples();
    String list =
        IntStream.range(0, samples.size())
            .filter(i -> samples.get(i).success())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> samples.get(i).distance()))
            .limit(WORST)
            .map(
                i ->
                    String.format(
                        Locale.ROOT,
                        "image %d: %d taken for %d at distance %.4f",
                        i,
                        samples.get(i).label(),
                        samples.get(i).after(),
                        samples.get(i).distance()))
            .collect(Collectors.joining("\n  "));
    return list.isEmpty() ? "" : "\nworst samples (" + actual.norm() + "):\n  " + list;
  }
}
