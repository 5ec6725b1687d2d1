package org.safety4j.defenses.engine.smooth;

import org.apache.commons.math3.distribution.NormalDistribution;
import org.safety4j.core.error.Require;
import org.safety4j.core.metric.Intervals;
import org.safety4j.core.model.ImageClassifier;

/**
 * What randomised smoothing can promise of one image: with probability at least 1 - alpha, the
 * smoothed classifier answers {@code label} for every image nearer than {@code radius} in L2.
 *
 * @param label the certified class, or {@link ImageClassifier.Black#REJECTED} for an abstention
 * @param radius the radius in units of pixel values in [0, 1]; 0 for an abstention
 * @param votes votes for the class among the fresh samples
 * @param samples how many fresh samples there were
 * @param lowerBound one-sided Clopper-Pearson bound of the class's probability under noise
 */
public record Certificate(int label, double radius, long votes, long samples, double lowerBound) {
  private static final NormalDistribution NORMAL = new NormalDistribution(null, 0, 1);

  /**
   * Certifies a class from votes that did not choose it.
   *
   * @param label the class
   * @param votes votes for it, in [0, samples]
   * @param samples how many samples voted, at least 1
   * @param alpha the chance of a wrong certificate, in (0, 1)
   * @param sigma standard deviation of the noise, greater than 0
   * @return the certificate; an abstention if the bound is not above one half
   */
  public static Certificate of(int label, long votes, long samples, double alpha, double sigma) {
    Require.positive("sigma", sigma);
    Require.that(samples >= 1, "samples must be at least 1, was " + samples);
    Require.that(alpha > 0 && alpha < 1, "alpha must be in (0, 1), was " + alpha);
    double bound = Intervals.clopperPearsonLower(votes, samples, 1 - alpha);
    if (bound <= 0.5) {
      return new Certificate(ImageClassifier.Black.REJECTED, 0, votes, samples, bound);
    }
    double radius = sigma * NORMAL.inverseCumulativeProbability(bound);
    return new Certificate(label, radius, votes, samples, bound);
  }

  /**
   * Tells whether there is no promise.
   *
   * @return true for an abstention
   */
  public boolean abstained() {
    return label == ImageClassifier.Black.REJECTED;
  }
}
