package org.safety4j.defenses.vision.adversarial;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.ImageShield;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.defenses.engine.Rungs;
import org.safety4j.defenses.engine.smooth.Averaging;
import org.safety4j.defenses.engine.smooth.Certificates;
import org.safety4j.defenses.engine.smooth.GaussianCertifier;
import org.safety4j.defenses.engine.smooth.GaussianCopies;

/**
 * Answers by a classifier's votes under Gaussian noise, and certifies an L2 radius within which no
 * change of the image can change the answer.
 *
 * <pre>{@code
 * RandomizedSmoothing smoothing = RandomizedSmoothing.gaussian(0.25);
 * Certificates certificates = smoothing.certify(model, images, Run.seed(0));
 * certificates.curve().at(0.5);                                  // certified accuracy at radius 0.5
 * Protected<ImageClassifier.White> shield = smoothing.apply(model, Run.seed(0));
 * }</pre>
 *
 * <p>Three uses: {@link #certify} gives a radius or abstains; {@link #predict} gives a class or
 * abstains; {@link #apply} wraps a model, labels by vote and scores by mean logits over a few
 * copies, with the exact gradient of the mean, so that gradient attacks average over the noise.
 *
 * <p><b>Source</b>: J. Cohen, E. Rosenfeld and J. Z. Kolter, "Certified Adversarial Robustness via
 * Randomized Smoothing", International Conference on Machine Learning, 2019.
 *
 * <p><b>Deviations</b>: the shield averages logits over few copies and neither abstains nor
 * certifies; its noise is drawn once by default, so that it is a function of the image.
 *
 * @param certifier noise, sample counts and confidence of predictions and certificates
 * @param copies copies that the shield averages over, at least 1; 32 by default
 * @param freshNoise whether the shield draws new noise in every call; false by default
 */
public record RandomizedSmoothing(GaussianCertifier certifier, int copies, boolean freshNoise)
    implements ImageShield.Differentiable {
  /**
   * Checks the ranges.
   *
   * @param certifier noise, sample counts and confidence of predictions and certificates
   * @param copies copies that the shield averages over, at least 1; 32 by default
   * @param freshNoise whether the shield draws new noise in every call; false by default
   */
  public RandomizedSmoothing {
    Require.atLeast("copies", copies, 1);
  }

  /**
   * Makes the paper's configuration: 100 samples choose, 100,000 certify, alpha 0.001.
   *
   * @param sigma standard deviation of the noise in units of pixel values in [0, 1], greater than
   *     0; 0.12, 0.25, 0.5 and 1 in the paper
   * @return the defense
   */
  public static RandomizedSmoothing gaussian(double sigma) {
    return new RandomizedSmoothing(
        new GaussianCertifier(sigma, 100, 100_000, 0.001, 64), 32, false);
  }

  /**
   * Changes how many samples choose and certify.
   *
   * @param selection samples that choose the class, at least 1
   * @param estimation samples that certify and predict, at least 1
   * @return a copy
   */
  public RandomizedSmoothing withSamples(int selection, int estimation) {
    return withCertifier(
        new GaussianCertifier(
            certifier.sigma(), selection, estimation, certifier.alpha(), certifier.batchSize()));
  }

  /**
   * Changes the chance of a wrong certificate.
   *
   * @param alpha in (0, 1)
   * @return a copy
   */
  public RandomizedSmoothing withAlpha(double alpha) {
    return withCertifier(
        new GaussianCertifier(
            certifier.sigma(),
            certifier.selection(),
            certifier.estimation(),
            alpha,
            certifier.batchSize()));
  }

  /**
   * Changes how many noisy images the model gets at once; 64 by default, which a processor's caches
   * bear: with 256 a ViT-Tiny is a third slower.
   *
   * @param batchSize at least 1
   * @return a copy
   */
  public RandomizedSmoothing withBatchSize(int batchSize) {
    return withCertifier(
        new GaussianCertifier(
            certifier.sigma(),
            certifier.selection(),
            certifier.estimation(),
            certifier.alpha(),
            batchSize));
  }

  private RandomizedSmoothing withCertifier(GaussianCertifier value) {
    return new RandomizedSmoothing(value, copies, freshNoise);
  }

  /**
   * Changes how many copies the shield averages over.
   *
   * @param value at least 1
   * @return a copy
   */
  public RandomizedSmoothing withCopies(int value) {
    return new RandomizedSmoothing(certifier, value, freshNoise);
  }

  /**
   * Lets the shield draw new noise in every call.
   *
   * @return a copy, whose views are random and repeat only if one thread calls
   */
  public RandomizedSmoothing withFreshNoise() {
    return new RandomizedSmoothing(certifier, copies, true);
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.RANDOMIZED_SMOOTHING;
  }

  /**
   * Certifies images.
   *
   * @param model the base classifier; stays the caller's
   * @param images images with their true classes; stays the caller's
   * @param run seed, budget, cancellation
   * @return a certificate or an abstention an image
   * @throws org.safety4j.core.error.BudgetExceeded if the run's time is used up
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   */
  public Certificates certify(ImageClassifier.Black model, LabeledImages images, Run run) {
    return certifier.certify(model, images, run);
  }

  /**
   * Predicts with abstention.
   *
   * @param model the base classifier; stays the caller's
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @param run seed, budget, cancellation
   * @return a class an image, or {@link ImageClassifier.Black#REJECTED} for an abstention
   * @throws org.safety4j.core.error.BudgetExceeded if the run's time is used up
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   */
  public int[] predict(ImageClassifier.Black model, NDArray images, Run run) {
    return certifier.predict(model, images, run);
  }

  @Override
  public <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
    GaussianCopies noise =
        new GaussianCopies(certifier.sigma(), copies, run.rng().derive("smoothing-shield"));
    Averaging averaging = new Averaging(noise, freshNoise, certifier.batchSize(), info().id());
    return Rungs.view(this, model, rung, averaging::black, averaging::gray, averaging::white);
  }
}
