package org.safety4j.core.metric;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;

/**
 * Corrections for asking several questions of the same data.
 *
 * <p><b>Source</b>: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure",
 * Scandinavian Journal of Statistics, 1979.
 */
public final class MultipleComparisons {
  private MultipleComparisons() {}

  /**
   * Holm's step-down correction: comparing each adjusted value with a level keeps the chance of any
   * false finding below that level, whatever the dependence between the tests.
   *
   * @param pValues the p-values, each in [0, 1]
   * @return adjusted p-values in the order given, each in [0, 1]
   * @throws IllegalArgumentException if a p-value is outside [0, 1]
   */
  public static double[] holm(double... pValues) {
    for (double p : pValues) {
      Require.inRange("p-value", p, 0, 1);
    }
    int n = pValues.length;
    int[] ascending =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> pValues[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] adjusted = new double[n];
    double floor = 0;
    for (int rank = 0; rank < n; rank++) {
      floor = Math.max(floor, Math.min(1, (n - rank) * pValues[ascending[rank]]));
      adjusted[ascending[rank]] = floor;
    }
    return adjusted;
  }
}
