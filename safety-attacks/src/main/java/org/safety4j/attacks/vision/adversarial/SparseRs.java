package org.safety4j.attacks.vision.adversarial;

import org.safety4j.attacks.engine.query.Mutation;
import org.safety4j.attacks.engine.query.Outcomes;
import org.safety4j.attacks.engine.query.RandomSearch;
import org.safety4j.attacks.engine.query.ScoreOracle;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Margin;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * Random search over few pixels of any colour: a set of single pixels, a square patch that looks
 * for its place, or a frame around the image. All other pixels stay as they are, bit for bit. Needs
 * scores.
 *
 * <p><b>Source</b>: Croce, Andriushchenko, Singh, Flammarion, Hein: Sparse-RS: A Versatile
 * Framework for Query-Efficient Sparse Black-box Adversarial Attacks. AAAI, 2022.
 *
 * <p><b>Deviations</b>: a patch moves every fifth proposal, by at most the schedule's share of the
 * free room; a frame is changed by squares whose side is the schedule's share of the image's; a
 * proposal that changes no pixel is drawn again and costs no query.
 *
 * @param area which pixels may change
 * @param size for {@link Area#PIXELS} how many, for {@link Area#PATCH} the square's side, for
 *     {@link Area#FRAME} the frame's width; at least 1, and at most what the images hold
 * @param share alpha, the share of pixels in the first proposals, in (0, 1]; 0.3 for pixels, 0.4
 *     for patches and 0.5 for frames by default
 * @param queries most queries for one image, at least 1; 10,000 by default
 */
public record SparseRs(Area area, int size, double share, int queries)
    implements EvasionAttack.Gray {
  /** Which pixels may change. */
  public enum Area {
    /** A number of single pixels. */
    PIXELS,
    /** A square. */
    PATCH,
    /** A border of the image. */
    FRAME
  }

  /**
   * Checks the ranges.
   *
   * @param area which pixels may change
   * @param size for {@link Area#PIXELS} how many, for {@link Area#PATCH} the square's side, for
   *     {@link Area#FRAME} the frame's width; at least 1, and at most what the images hold
   * @param share alpha, the share of pixels in the first proposals, in (0, 1]; 0.3 for pixels, 0.4
   *     for patches and 0.5 for frames by default
   * @param queries most queries for one image, at least 1; 10,000 by default
   */
  public SparseRs {
    Require.atLeast("size", size, 1);
    Require.that(share > 0 && share <= 1, "share must be in (0, 1], was " + share);
    Require.atLeast("queries", queries, 1);
  }

  /**
   * Changes single pixels.
   *
   * @param pixels how many, at least 1
   * @return the attack with the paper's settings
   */
  public static SparseRs pixels(int pixels) {
    return new SparseRs(Area.PIXELS, pixels, 0.3, 10_000);
  }

  /**
   * Changes a square patch.
   *
   * @param side its side in pixels, at least 1
   * @return the attack with the paper's settings
   */
  public static SparseRs patch(int side) {
    return new SparseRs(Area.PATCH, side, 0.4, 10_000);
  }

  /**
   * Changes a frame.
   *
   * @param width its width in pixels, at least 1
   * @return the attack with the paper's settings
   */
  public static SparseRs frame(int width) {
    return new SparseRs(Area.FRAME, width, 0.5, 10_000);
  }

  /**
   * Changes the share of pixels in the first proposals.
   *
   * @param value in (0, 1]
   * @return a copy
   */
  public SparseRs withShare(double value) {
    return new SparseRs(area, size, value, queries);
  }

  /**
   * Changes the limit of queries.
   *
   * @param value most queries for one image, at least 1
   * @return a copy
   */
  public SparseRs withQueries(int value) {
    return new SparseRs(area, size, share, value);
  }

  @Override
  public MethodInfo info() {
    return QueryMethods.SPARSE_RS;
  }

  /**
   * Runs the attack.
   *
   * @throws IllegalArgumentException if the images are too small for the size
   */
  @Override
  public EvasionResult run(ImageClassifier.Gray model, LabeledImages images, Run run) {
    long height = images.images().getShape().get(2);
    long width = images.images().getShape().get(3);
    long most = area == Area.PIXELS ? height * width : Math.min(height, width);
    Require.that(
        size <= most,
        "size must be at most "
            + most
            + " for images of "
            + height
            + " x "
            + width
            + " pixels, was "
            + size);
    ScoreOracle oracle = QueryRecipes.scores(model, images, Margin.untargeted(), queries, run);
    Mutation.Factory proposals =
        switch (area) {
          case PIXELS -> canvas -> new SparsePixels(canvas, size, share);
          case PATCH -> canvas -> new SparsePatch(canvas, size, share);
          case FRAME -> canvas -> new SparseFrame(canvas, size, share);
        };
    Outcomes outcomes =
        RandomSearch.run(oracle, images, proposals, QueryRecipes.rng(this, run), "sparse-rs");
    return QueryRecipes.result(this, outcomes, Norm.L0);
  }

  /** The share of pixels in a proposal after some queries: falls at fixed points of the budget. */
  static double shareAt(double initial, int step, long limit) {
    double part = 10_000.0 * step / Math.max(1, limit);
    int[] points = {50, 200, 500, 1000, 2000, 4000, 6000, 8000};
    int[] divisors = {2, 4, 5, 6, 8, 10, 12, 15, 20};
    int i = 0;
    while (i < points.length && part > points[i]) {
      i++;
    }
    return initial / divisors[i];
  }
}
