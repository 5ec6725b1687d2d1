package org.safety4j.defenses.vision.adversarial;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.AdaptiveView;
import org.safety4j.core.defense.Detector;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.defenses.engine.detect.ImageDetector;
import org.safety4j.defenses.engine.detect.PredictionGap;
import org.safety4j.defenses.engine.detect.RejectingShield;
import org.safety4j.defenses.engine.purify.BitDepthTransform;
import org.safety4j.defenses.engine.purify.ImageTransform;
import org.safety4j.defenses.engine.purify.MedianTransform;
import org.safety4j.defenses.engine.purify.NonLocalMeansTransform;

/**
 * Detects images for which a classifier's probabilities move far when the input is squeezed: fewer
 * bits, a median filter, a denoiser.
 *
 * <pre>{@code
 * Detector<NDArray> detector = FeatureSqueezing.defaults().detector(model).calibrated(benign, 0.05);
 * Roc roc = Roc.of(detector.score(benign), detector.score(attacked));
 * Protected<ImageClassifier.Black> shield =
 *     FeatureSqueezing.defaults().apply(model, Run.seed(0).withData(benignImages));
 * }</pre>
 *
 * <p>As a shield it answers {@link ImageClassifier.Black#REJECTED} and offers labels only. The
 * adaptive attack changes the class and keeps the gap small: {@link #adaptiveView} and {@link
 * #targetedView} show model and detector as one classifier with gradients for it.
 *
 * <p><b>Source</b>: W. Xu, D. Evans and Y. Qi, "Feature Squeezing: Detecting Adversarial Examples
 * in Deep Neural Networks", Network and Distributed System Security Symposium, 2018.
 *
 * <p><b>Deviations</b>: medians of an even number of values take the lower middle one; the denoiser
 * weighs patches by their mean squared difference over all channels.
 *
 * @param squeezers what the image is compared with, at least one
 * @param threshold gaps above it are rejected, in [0, 2]; {@link Double#NaN} to calibrate it on the
 *     run's benign images
 * @param falsePositiveRate share of benign images that calibration rejects at most, in (0, 1); 0.05
 *     by default
 */
public record FeatureSqueezing(
    List<ImageTransform> squeezers, double threshold, double falsePositiveRate)
    implements RejectingShield, AdaptiveView {
  private static final double SHARPNESS = 10;

  /**
   * Checks the ranges and copies the list.
   *
   * @param squeezers what the image is compared with, at least one
   * @param threshold gaps above it are rejected, in [0, 2]; {@link Double#NaN} to calibrate it on
   *     the run's benign images
   * @param falsePositiveRate share of benign images that calibration rejects at most, in (0, 1);
   *     0.05 by default
   */
  public FeatureSqueezing {
    Require.notEmpty("squeezers", squeezers);
    squeezers = List.copyOf(squeezers);
    Require.that(
        Double.isNaN(threshold) || threshold >= 0 && threshold <= 2,
        "threshold must be in [0, 2], or NaN to calibrate it, was " + threshold);
    Require.that(
        falsePositiveRate > 0 && falsePositiveRate < 1,
        "falsePositiveRate must be in (0, 1), was " + falsePositiveRate);
  }

  /**
   * The squeezers for colour pictures: 5 bits and a median of 2 x 2.
   *
   * @return the defense, not calibrated
   */
  public static FeatureSqueezing defaults() {
    return of(new BitDepthTransform(5), new MedianTransform(2));
  }

  /**
   * The squeezers for drawings in black and white: 1 bit and a median of 2 x 2.
   *
   * @return the defense, not calibrated
   */
  public static FeatureSqueezing blackAndWhite() {
    return of(new BitDepthTransform(1), new MedianTransform(2));
  }

  /**
   * Uses other squeezers.
   *
   * @param squeezers what the image is compared with, at least one
   * @return the defense, not calibrated
   */
  public static FeatureSqueezing of(ImageTransform... squeezers) {
    return new FeatureSqueezing(List.of(squeezers), Double.NaN, 0.05);
  }

  /**
   * Adds the paper's denoiser: non-local means in a window of 11, patches of 3, strength 4 / 255.
   *
   * @return a copy
   */
  public FeatureSqueezing withNonLocalMeans() {
    List<ImageTransform> more = new ArrayList<>(squeezers);
    more.add(new NonLocalMeansTransform(11, 3, 4 / 255.0));
    return new FeatureSqueezing(more, threshold, falsePositiveRate);
  }

  /**
   * Sets the threshold.
   *
   * @param value in [0, 2]
   * @return a copy
   */
  public FeatureSqueezing withThreshold(double value) {
    return new FeatureSqueezing(squeezers, value, falsePositiveRate);
  }

  /**
   * Changes the share of benign images that calibration rejects at most.
   *
   * @param value in (0, 1)
   * @return a copy
   */
  public FeatureSqueezing withFalsePositiveRate(double value) {
    return new FeatureSqueezing(squeezers, threshold, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.FEATURE_SQUEEZING;
  }

  @Override
  public Access access() {
    return Access.GRAY_BOX;
  }

  /**
   * Makes the detector of a model.
   *
   * @param model the model; stays the caller's
   * @return a detector with this defense's threshold, {@link Double#NaN} if it has none
   */
  public ImageDetector detector(ImageClassifier.Gray model) {
    return new ImageDetector(info(), new PredictionGap(squeezers).of(model), threshold);
  }

  @Override
  public Detector<NDArray> detector(ImageClassifier.Black model, Run run) {
    ImageDetector detector = detector((ImageClassifier.Gray) model);
    if (!Double.isNaN(threshold)) {
      return detector;
    }
    LabeledImages benign = RejectingShield.heldImages(this, run);
    return detector.calibrated(benign.images(), falsePositiveRate);
  }

  /**
   * Shows model and detector as one classifier for attacks that leave a class. Its last class
   * stands for rejection; the gradient leads out of the true class and out of rejection.
   *
   * @throws IllegalArgumentException if there is no threshold and the run has no benign images
   */
  @Override
  public ImageClassifier.White adaptiveView(ImageClassifier.White model, Run run) {
    return new PredictionGap(squeezers)
        .awayFromRejection(model, detector(model, run).threshold(), SHARPNESS);
  }

  /**
   * Shows model and detector as one classifier for attacks that go for a class: as {@link
   * #adaptiveView}, with the exact gradient of the gap.
   *
   * @param model the model; stays the caller's
   * @return a classifier of one more class that answers {@link ImageClassifier.Black#REJECTED}
   *     where the detector rejects
   * @throws IllegalArgumentException if this defense has no threshold
   */
  public ImageClassifier.White targetedView(ImageClassifier.White model) {
    return new PredictionGap(squeezers).withRejection(model, threshold, SHARPNESS);
  }
}
