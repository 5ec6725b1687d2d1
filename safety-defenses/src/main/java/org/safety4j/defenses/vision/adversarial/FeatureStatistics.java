package org.safety4j.defenses.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.AdaptiveView;
import org.safety4j.core.defense.Detector;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.engine.detect.CombinedScore;
import org.safety4j.defenses.engine.detect.FeatureStatistic;
import org.safety4j.defenses.engine.detect.ImageDetector;
import org.safety4j.defenses.engine.detect.LayerScore;
import org.safety4j.defenses.engine.detect.LogisticRegression;
import org.safety4j.defenses.engine.detect.NeighbourDimension;
import org.safety4j.defenses.engine.detect.RejectingShield;
import org.safety4j.defenses.engine.detect.TiedGaussians;
import org.safety4j.defenses.engine.train.InnerMaximisation;

/**
 * Detects images whose activations are unusual in some of a classifier's layers: far from every
 * class by Mahalanobis distance, or in a region of high local intrinsic dimensionality. A logistic
 * regression on clean, noisy and attacked images weighs the layers.
 *
 * <pre>{@code
 * FeatureStatistics defense = FeatureStatistics.mahalanobis().withEpsilon(0.1);
 * FeatureStatistics.Fitted fitted = defense.fit(model, held, Run.seed(0));
 * double[] scores = fitted.detector(model).score(images);
 * Protected<ImageClassifier.Black> shield = defense.apply(model, Run.seed(0).withData(held));
 * }</pre>
 *
 * <p>Half of the images that it is given describe the classes and the neighbourhood, a quarter fits
 * the regression, a quarter sets the threshold; none of them should be images that the model is
 * tested on. The score is the regression's log-odds of an attack.
 *
 * <p>As a shield it answers {@link ImageClassifier.Black#REJECTED} and offers labels only; it needs
 * a model that gives activations and gradients. The adaptive attack lowers the score while it
 * changes the class, see {@link #adaptiveView} and {@link Fitted#targetedView}. Every statistic
 * costs a forward pass an image, and a gradient more where the image is moved.
 *
 * <p><b>Source</b>: K. Lee, K. Lee, H. Lee and J. Shin, "A Simple Unified Framework for Detecting
 * Out-of-Distribution Samples and Adversarial Attacks", Advances in Neural Information Processing
 * Systems, 2018; X. Ma, B. Li, Y. Wang, S. M. Erfani, S. Wijewickrema, G. Schoenebeck, D. Song, M.
 * E. Houle and J. Bailey, "Characterizing Adversarial Subspaces Using Local Intrinsic
 * Dimensionality", International Conference on Learning Representations, 2018.
 *
 * <p><b>Deviations</b>: the covariance is mixed with a multiple of the identity instead of
 * pseudo-inverted; images moved by the pre-processing stay in [0, 1]; the size of that movement is
 * given, not searched for; neighbours come from one fixed set of images and not from each batch;
 * activations of transformers are averaged over tokens; the regression learns from a gradient
 * attack of this defense's own.
 *
 * @param statistics which statistics are taken of each layer, at least one
 * @param layers the layers; empty for all that the model has
 * @param noise how far each pixel moves towards smaller Mahalanobis distances before it is
 *     measured, in [0, 1]; 0.001 by default
 * @param shrinkage weight of the identity in the covariance, in [0, 1]; 0.001 by default
 * @param neighbours how many neighbours the dimensionality is estimated from, at least 3; 20 by
 *     default
 * @param epsilon Linf radius of the attack and of the noise that the regression learns from, in (0,
 *     1]; 8 / 255 by default
 * @param steps steps of that attack, at least 1; 1 by default, which is the fast gradient sign
 *     method
 * @param falsePositiveRate share of benign images that calibration rejects at most, in (0, 1); 0.05
 *     by default
 */
public record FeatureStatistics(
    List<Statistic> statistics,
    List<String> layers,
    double noise,
    double shrinkage,
    int neighbours,
    double epsilon,
    int steps,
    double falsePositiveRate)
    implements RejectingShield, AdaptiveView {
  private static final double PENALTY = 1;
  private static final double SHARPNESS = 1;
  private static final int FEWEST = 10;
  private static final int BATCH = 64;

  /** What is measured of a layer. */
  public enum Statistic {
    /** Squared Mahalanobis distance to the nearest class. */
    MAHALANOBIS,
    /** Local intrinsic dimensionality. */
    LID
  }

  /**
   * Checks the ranges and copies the lists.
   *
   * @param statistics which statistics are taken of each layer, at least one
   * @param layers the layers; empty for all that the model has
   * @param noise how far each pixel moves towards smaller Mahalanobis distances before it is
   *     measured, in [0, 1]; 0.001 by default
   * @param shrinkage weight of the identity in the covariance, in [0, 1]; 0.001 by default
   * @param neighbours how many neighbours the dimensionality is estimated from, at least 3; 20 by
   *     default
   * @param epsilon Linf radius of the attack and of the noise that the regression learns from, in
   *     (0, 1]; 8 / 255 by default
   * @param steps steps of that attack, at least 1; 1 by default, which is the fast gradient sign
   *     method
   * @param falsePositiveRate share of benign images that calibration rejects at most, in (0, 1);
   *     0.05 by default
   */
  public FeatureStatistics {
    Require.notEmpty("statistics", statistics);
    statistics = List.copyOf(statistics);
    layers = List.copyOf(layers);
    Require.inRange("noise", noise, 0, 1);
    Require.inRange("shrinkage", shrinkage, 0, 1);
    Require.atLeast("neighbours", neighbours, 3);
    Ball.linf(epsilon);
    Require.atLeast("steps", steps, 1);
    Require.that(
        falsePositiveRate > 0 && falsePositiveRate < 1,
        "falsePositiveRate must be in (0, 1), was " + falsePositiveRate);
  }

  private static FeatureStatistics of(Statistic... statistics) {
    return new FeatureStatistics(
        List.of(statistics), List.of(), 0.001, 0.001, 20, 8 / 255.0, 1, 0.05);
  }

  /**
   * Mahalanobis distances of all layers.
   *
   * @return the defense, not fitted
   */
  public static FeatureStatistics mahalanobis() {
    return of(Statistic.MAHALANOBIS);
  }

  /**
   * Local intrinsic dimensionalities of all layers.
   *
   * @return the defense, not fitted
   */
  public static FeatureStatistics lid() {
    return of(Statistic.LID);
  }

  /**
   * Both statistics of all layers.
   *
   * @return the defense, not fitted
   */
  public static FeatureStatistics both() {
    return of(Statistic.MAHALANOBIS, Statistic.LID);
  }

  /**
   * Chooses layers.
   *
   * @param names layers of the model; none for all
   * @return a copy
   */
  public FeatureStatistics withLayers(String... names) {
    return new FeatureStatistics(
        statistics,
        List.of(names),
        noise,
        shrinkage,
        neighbours,
        epsilon,
        steps,
        falsePositiveRate);
  }

  /**
   * Changes how far pixels move before the Mahalanobis distance is measured.
   *
   * @param value in [0, 1]; 0 for models whose activations give no gradient
   * @return a copy
   */
  public FeatureStatistics withNoise(double value) {
    return new FeatureStatistics(
        statistics, layers, value, shrinkage, neighbours, epsilon, steps, falsePositiveRate);
  }

  /**
   * Changes the weight of the identity in the covariance.
   *
   * @param value in [0, 1]; 0 wants more images than features
   * @return a copy
   */
  public FeatureStatistics withShrinkage(double value) {
    return new FeatureStatistics(
        statistics, layers, noise, value, neighbours, epsilon, steps, falsePositiveRate);
  }

  /**
   * Changes the number of neighbours.
   *
   * @param value at least 3
   * @return a copy
   */
  public FeatureStatistics withNeighbours(int value) {
    return new FeatureStatistics(
        statistics, layers, noise, shrinkage, value, epsilon, steps, falsePositiveRate);
  }

  /**
   * Changes the radius of the attack that the regression learns from.
   *
   * @param value in (0, 1]
   * @return a copy
   */
  public FeatureStatistics withEpsilon(double value) {
    return new FeatureStatistics(
        statistics, layers, noise, shrinkage, neighbours, value, steps, falsePositiveRate);
  }

  /**
   * Changes the steps of the attack that the regression learns from.
   *
   * @param value at least 1
   * @return a copy
   */
  public FeatureStatistics withSteps(int value) {
    return new FeatureStatistics(
        statistics, layers, noise, shrinkage, neighbours, epsilon, value, falsePositiveRate);
  }

  /**
   * Changes the share of benign images that calibration rejects at most.
   *
   * @param value in (0, 1)
   * @return a copy
   */
  public FeatureStatistics withFalsePositiveRate(double value) {
    return new FeatureStatistics(
        statistics, layers, noise, shrinkage, neighbours, epsilon, steps, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.FEATURE_STATISTICS;
  }

  @Override
  public Access access() {
    return Access.WHITE_BOX;
  }

  /**
   * Fits statistics, regression and threshold.
   *
   * @param model the model; stays the caller's
   * @param held benign images with their classes, none of them used in tests; stay the caller's
   * @param run seed and cancellation
   * @return what was fitted, without native memory
   * @throws IllegalArgumentException if there are too few images, a class has none, the covariance
   *     is singular, or the attack fools the model on too few images to learn from
   */
  public Fitted fit(ImageClassifier.White model, LabeledImages held, Run run) {
    int n = held.size();
    int[] order = run.rng().derive("feature-statistics").permutation(n);
    try (LabeledImages describing = held.subset(Arrays.copyOfRange(order, 0, n / 2));
        LabeledImages learning = held.subset(Arrays.copyOfRange(order, n / 2, n - n / 4));
        LabeledImages deciding = held.subset(Arrays.copyOfRange(order, n - n / 4, n))) {
      Require.that(
          deciding.size() > 0, "held images must be at least 4, were " + n + "; give more images");
      List<LayerScore> scores = new ArrayList<>();
      for (String layer : layers.isEmpty() ? model.layers() : layers) {
        run.check();
        scores.addAll(describe(model, describing, layer));
      }
      LogisticRegression regression = learn(model, learning, scores, run);
      ImageDetector detector =
          new ImageDetector(info(), new CombinedScore(model, scores, regression));
      double threshold = detector.calibrated(deciding.images(), falsePositiveRate).threshold();
      return new Fitted(info(), scores, regression, threshold);
    }
  }

  private List<LayerScore> describe(
      ImageClassifier.White model, LabeledImages images, String layer) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDList parts = new NDList();
      for (int from = 0; from < images.size(); from += BATCH) {
        NDIndex some = new NDIndex(from + ":" + Math.min(images.size(), from + BATCH));
        parts.add(LayerScore.features(model, images.images().get(some), layer));
      }
      NDArray features = NDArrays.concat(parts, 0);
      return statistics.stream().map(s -> describe(s, features, images, model, layer)).toList();
    }
  }

  private LayerScore describe(
      Statistic kind,
      NDArray features,
      LabeledImages images,
      ImageClassifier.White model,
      String layer) {
    try {
      FeatureStatistic statistic =
          switch (kind) {
            case MAHALANOBIS ->
                TiedGaussians.fit(features, images.labels(), model.classes(), shrinkage);
            case LID -> new NeighbourDimension(features, neighbours);
          };
      return new LayerScore(layer, statistic, kind == Statistic.MAHALANOBIS ? noise : 0);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("layer " + layer + ": " + e.getMessage(), e);
    }
  }

  /** Clean and noisy images against attacked ones, of those that the model classifies correctly. */
  private LogisticRegression learn(
      ImageClassifier.White model, LabeledImages images, List<LayerScore> scores, Run run) {
    List<double[]> rows = new ArrayList<>();
    int[] fooled = new int[1];
    List<Boolean> positive = new ArrayList<>();
    Rng rng = run.rng().derive("feature-statistics-learning");
    for (LabeledImages batch : images.batches(BATCH)) {
      run.check();
      try (batch;
          Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDArray clean = batch.images();
        int[] labels = batch.labels();
        NDArray noisy = noisy(batch, rng);
        NDArray attacked = attacked(model, batch, rng);
        int[] before = model.labels(clean);
        int[] amid = model.labels(noisy);
        int[] after = model.labels(attacked);
        int[] usable =
            IntStream.range(0, labels.length)
                .filter(
                    i -> before[i] == labels[i] && amid[i] == labels[i] && after[i] != labels[i])
                .toArray();
        fooled[0] += usable.length;
        if (usable.length == 0) {
          continue;
        }
        for (NDArray some : List.of(clean, noisy, attacked)) {
          for (double[] row : CombinedScore.rows(model, Ops.rows(some, usable), scores)) {
            rows.add(row);
            positive.add(some == attacked);
          }
        }
      }
    }
    Require.that(
        fooled[0] >= FEWEST,
        "the attack of epsilon "
            + epsilon
            + " fools the model on "
            + fooled[0]
            + " of "
            + images.size()
            + " images, too few to learn from; give a larger epsilon, more steps or more images");
    boolean[] sides = new boolean[rows.size()];
    for (int i = 0; i < sides.length; i++) {
      sides[i] = positive.get(i);
    }
    return LogisticRegression.fit(rows.toArray(double[][]::new), sides, PENALTY);
  }

  private NDArray noisy(LabeledImages batch, Rng rng) {
    NDArray clean = batch.images();
    NDArray signs =
        rng.derive("noise").signs(clean.getManager(), batch.ids(), Tensors.elementShape(clean));
    return Ball.linf(epsilon).project(clean.add(signs.mul((float) epsilon)), clean);
  }

  private NDArray attacked(ImageClassifier.White model, LabeledImages batch, Rng rng) {
    double share = steps == 1 ? 1 : 2.5 / steps;
    return new InnerMaximisation(
            Ball.linf(epsilon), steps, share, InnerMaximisation.Start.IMAGE, false)
        .maximise(
            model,
            batch.images(),
            batch.ids(),
            logits -> CrossEntropy.untargeted().values(logits, batch.labelArray()),
            rng);
  }

  /**
   * Fits to the run's images, see {@link #fit}.
   *
   * @throws IllegalArgumentException if the run has no images, and as {@link #fit} does
   */
  @Override
  public Detector<NDArray> detector(ImageClassifier.Black model, Run run) {
    return fitted((ImageClassifier.White) model, run).detector((ImageClassifier.White) model);
  }

  private Fitted fitted(ImageClassifier.White model, Run run) {
    return fit(model, RejectingShield.heldImages(this, run), run);
  }

  /**
   * Shows model and detector as one classifier for attacks that leave a class. Its last class
   * stands for rejection; the gradient leads out of the true class and out of rejection.
   *
   * @throws IllegalArgumentException as {@link #detector} does
   */
  @Override
  public ImageClassifier.White adaptiveView(ImageClassifier.White model, Run run) {
    return fitted(model, run).adaptiveView(model);
  }

  /** Statistics, regression and threshold. Immutable; holds no native memory. */
  public static final class Fitted {
    private final MethodInfo info;
    private final List<LayerScore> scores;
    private final LogisticRegression regression;
    private final double threshold;

    private Fitted(
        MethodInfo info, List<LayerScore> scores, LogisticRegression regression, double threshold) {
      this.info = info;
      this.scores = List.copyOf(scores);
      this.regression = regression;
      this.threshold = threshold;
    }

    /**
     * Makes the detector.
     *
     * @param model the model that it was fitted to; stays the caller's
     * @return a detector with a threshold; its score is the log-odds of an attack
     */
    public ImageDetector detector(ImageClassifier.White model) {
      return new ImageDetector(info, score(model), threshold);
    }

    /**
     * Returns what is measured.
     *
     * @return the statistics, layer by layer
     */
    public List<LayerScore> scores() {
      return scores;
    }

    /**
     * Returns what the statistics are weighed by.
     *
     * @return the regression, a column a statistic
     */
    public LogisticRegression regression() {
      return regression;
    }

    /**
     * Shows model and detector as one classifier for attacks that leave a class.
     *
     * @param model the model that it was fitted to; stays the caller's
     * @return as {@link FeatureStatistics#adaptiveView}
     */
    public ImageClassifier.White adaptiveView(ImageClassifier.White model) {
      return score(model).awayFromRejection(model, threshold, SHARPNESS);
    }

    /**
     * Shows model and detector as one classifier for attacks that go for a class: as {@link
     * #adaptiveView}, with the exact gradient of the score.
     *
     * @param model the model that it was fitted to; stays the caller's
     * @return a classifier of one more class that answers {@link ImageClassifier.Black#REJECTED}
     *     where the detector rejects
     */
    public ImageClassifier.White targetedView(ImageClassifier.White model) {
      return score(model).withRejection(model, threshold, SHARPNESS);
    }

    private CombinedScore score(ImageClassifier.White model) {
      return new CombinedScore(model, scores, regression);
    }
  }
}
