package org.safety4j.core.metric;

import org.safety4j.core.error.Require;

/**
 * Agreement of two raters beyond chance.
 *
 * <p><b>Source</b>: J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and
 * Psychological Measurement, 1960.
 */
public final class Agreement {
  private Agreement() {}

  /**
   * Cohen's kappa.
   *
   * @param table a square table of counts: rows the first rater's class, columns the second's
   * @return kappa, at most 1; NaN where chance alone explains full agreement
   * @throws IllegalArgumentException if the table is not square, empty, or holds negative counts
   */
  public static double kappa(long[][] table) {
    int k = table.length;
    double total = 0;
    double agreed = 0;
    double[] rows = new double[k];
    double[] columns = new double[k];
    for (int i = 0; i < k; i++) {
      Require.that(
          table[i].length == k,
          "table must be square, row " + i + " has " + table[i].length + " of " + k + " columns");
      for (int j = 0; j < k; j++) {
        Require.that(table[i][j] >= 0, "table[" + i + "][" + j + "] must be at least 0");
        rows[i] += table[i][j];
        columns[j] += table[i][j];
        total += table[i][j];
      }
      agreed += table[i][i];
    }
    Require.that(total > 0, "table must hold at least one count");
    double expected = 0;
    for (int i = 0; i < k; i++) {
      expected += rows[i] / total * (columns[i] / total);
    }
    return (agreed / total - expected) / (1 - expected);
  }
}
