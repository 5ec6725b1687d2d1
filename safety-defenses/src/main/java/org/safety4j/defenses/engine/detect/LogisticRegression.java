package org.safety4j.defenses.engine.detect;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.apache.commons.math3.stat.StatUtils;
import org.safety4j.core.error.Require;

/**
 * Logistic regression with a squared penalty on the weights of standardised columns, fitted by
 * Newton's method: log-odds are linear in the columns. Immutable.
 */
public final class LogisticRegression {
  private static final int STEPS = 100;
  private static final double DONE = 1e-10;

  private final double[] weights;
  private final double intercept;

  private LogisticRegression(double[] weights, double intercept) {
    this.weights = weights;
    this.intercept = intercept;
  }

  /**
   * Fits weights.
   *
   * @param rows one a sample, all of one length
   * @param positive whether each sample is positive; some must be, and some must not
   * @param penalty weight of half the squared norm of the weights beside the sum of the samples'
   *     losses, greater than 0
   * @return the fitted regression
   * @throws IllegalArgumentException if a side is empty or a value is not finite
   */
  public static LogisticRegression fit(double[][] rows, boolean[] positive, double penalty) {
    Require.positive("penalty", penalty);
    Require.that(rows.length == positive.length, "rows and positive must be of one length");
    int positives = 0;
    for (boolean p : positive) {
      positives += p ? 1 : 0;
    }
    Require.that(
        positives > 0 && positives < rows.length,
        "both sides must have samples, there were " + positives + " positives of " + rows.length);
    int d = rows[0].length;
    double[] mean = new double[d];
    double[] scale = new double[d];
    for (int j = 0; j < d; j++) {
      double[] column = column(rows, j);
      mean[j] = StatUtils.mean(column);
      double deviation = Math.sqrt(StatUtils.variance(column));
      Require.that(
          Double.isFinite(deviation), "column " + j + " of the rows holds values not finite");
      scale[j] = deviation > 0 ? deviation : 1;
    }
    double[][] design = new double[rows.length][d + 1];
    for (int i = 0; i < rows.length; i++) {
      design[i][d] = 1;
      for (int j = 0; j < d; j++) {
        design[i][j] = (rows[i][j] - mean[j]) / scale[j];
      }
    }
    double[] solution = newton(new Array2DRowRealMatrix(design, false), positive, penalty);
    double[] weights = new double[d];
    double intercept = solution[d];
    for (int j = 0; j < d; j++) {
      weights[j] = solution[j] / scale[j];
      intercept -= weights[j] * mean[j];
    }
    return new LogisticRegression(weights, intercept);
  }

  private static double[] column(double[][] rows, int j) {
    return Arrays.stream(rows).mapToDouble(row -> row[j]).toArray();
  }

  private static double[] newton(RealMatrix design, boolean[] positive, double penalty) {
    int d = design.getColumnDimension();
    double[] w = new double[d];
    double before = objective(design, positive, penalty, w);
    for (int step = 0; step < STEPS; step++) {
      double[] odds = design.operate(w);
      double[] residual = new double[odds.length];
      RealMatrix weighted = design.copy();
      for (int i = 0; i < odds.length; i++) {
        double p = logistic(odds[i]);
        residual[i] = (positive[i] ? 1 : 0) - p;
        double spread = Math.max(p * (1 - p), 1e-12);
        for (int j = 0; j < d; j++) {
          weighted.multiplyEntry(i, j, spread);
        }
      }
      double[] gradient = design.preMultiply(residual);
      RealMatrix hessian = design.transpose().multiply(weighted);
      for (int j = 0; j < d - 1; j++) {
        gradient[j] -= penalty * w[j];
        hessian.addToEntry(j, j, penalty);
      }
      hessian.addToEntry(d - 1, d - 1, 1e-9);
      RealVector move =
          new LUDecomposition(hessian).getSolver().solve(new ArrayRealVector(gradient, false));
      double share = 1;
      double[] next = moved(w, move, share);
      double after = objective(design, positive, penalty, next);
      while (after > before && share > DONE) {
        share /= 2;
        next = moved(w, move, share);
        after = objective(design, positive, penalty, next);
      }
      if (before - after <= DONE * (1 + Math.abs(before))) {
        break;
      }
      w = next;
      before = after;
    }
    return w;
  }

  private static double[] moved(double[] w, RealVector move, double share) {
    double[] next = w.clone();
    for (int j = 0; j < next.length; j++) {
      next[j] += share * move.getEntry(j);
    }
    return next;
  }

  private static double objective(
      RealMatrix design, boolean[] positive, double penalty, double[] w) {
    double sum = 0;
    double[] odds = design.operate(w);
    for (int i = 0; i < odds.length; i++) {
      double z = positive[i] ? -odds[i] : odds[i];
      sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    }
    for (int j = 0; j < w.length - 1; j++) {
      sum += penalty * w[j] * w[j] / 2;
    }
    return sum;
  }

  private static double logistic(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /**
   * Computes log-odds.
   *
   * @param row one sample
   * @return greater than 0 where positive is more probable
   */
  public double logOdds(double[] row) {
    double sum = intercept;
    for (int j = 0; j < weights.length; j++) {
      sum += weights[j] * row[j];
    }
    return sum;
  }

  /**
   * Returns the weights of the columns as they were given.
   *
   * @return a copy
   */
  public double[] weights() {
    return weights.clone();
  }

  /**
   * Returns the log-odds of a row of zeros.
   *
   * @return the intercept
   */
  public double intercept() {
    return intercept;
  }
}
