package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;

/** The log-odds that a logistic regression gives to the statistics of several layers. */
public final class CombinedScore implements DifferentiableScore {
  private static final int BATCH = 64;

  private final ImageClassifier.White model;
  private final List<LayerScore> scores;
  private final LogisticRegression regression;

  /**
   * Combines statistics.
   *
   * @param model the model; stays the caller's
   * @param scores a column each
   * @param regression of as many columns
   */
  public CombinedScore(
      ImageClassifier.White model, List<LayerScore> scores, LogisticRegression regression) {
    Require.that(
        regression.weights().length == scores.size(),
        "regression must have a weight a statistic, has "
            + regression.weights().length
            + " for "
            + scores.size());
    this.model = model;
    this.scores = List.copyOf(scores);
    this.regression = regression;
  }

  /**
   * Computes the statistics of images.
   *
   * @param model the model
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @param scores the statistics
   * @return a row an image, a column a statistic
   */
  public static double[][] rows(
      ImageClassifier.White model, NDArray images, List<LayerScore> scores) {
    int n = Math.toIntExact(images.getShape().get(0));
    double[][] rows = new double[n][scores.size()];
    for (int from = 0; from < n; from += BATCH) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDArray part = images.get(new NDIndex(from + ":" + Math.min(n, from + BATCH)));
        for (int j = 0; j < scores.size(); j++) {
          double[] column = scores.get(j).of(model, part).toDoubleArray();
          for (int i = 0; i < column.length; i++) {
            rows[from + i][j] = column[i];
          }
        }
      }
    }
    return rows;
  }

  @Override
  public double[] of(NDArray images) {
    double[][] rows = rows(model, images, scores);
    double[] odds = new double[rows.length];
    for (int i = 0; i < odds.length; i++) {
      odds[i] = regression.logOdds(rows[i]);
    }
    return odds;
  }

  @Override
  public NDArray values(NDArray images) {
    double[] weights = regression.weights();
    try (Scope scope = Scope.open()) {
      NDList terms = new NDList();
      for (int j = 0; j < weights.length; j++) {
        terms.add(scores.get(j).of(model, images).mul(weights[j]));
      }
      NDArray sum = terms.get(0);
      for (NDArray term : terms.subList(1, terms.size())) {
        sum = sum.add(term);
      }
      return scope.keep(sum.add(regression.intercept()));
    }
  }
}
