package org.safety4j.defenses.engine.smooth;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.stat.inference.AlternativeHypothesis;
import org.apache.commons.math3.stat.inference.BinomialTest;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Predicts and certifies by votes under Gaussian noise. Certification is in two stages: a few
 * samples choose the class, fresh ones bound its probability from below.
 *
 * <p>The model is asked about noisy images whose pixels may leave [0, 1]; clamping them would void
 * the certificate. An image costs {@code selection + estimation} queries.
 *
 * @param sigma standard deviation of the noise in units of pixel values in [0, 1], greater than 0
 * @param selection samples that choose the class, at least 1; 100 in the paper
 * @param estimation samples that certify, and those of a prediction, at least 1; 100,000 in the
 *     paper
 * @param alpha the chance of a wrong answer, in (0, 1); 0.001 in the paper
 * @param batchSize noisy images passed to the model at once, at least 1; changes no answer
 */
public record GaussianCertifier(
    double sigma, int selection, int estimation, double alpha, int batchSize) {
  /**
   * Checks the ranges.
   *
   * @param sigma standard deviation of the noise in units of pixel values in [0, 1], greater than 0
   * @param selection samples that choose the class, at least 1; 100 in the paper
   * @param estimation samples that certify, and those of a prediction, at least 1; 100,000 in the
   *     paper
   * @param alpha the chance of a wrong answer, in (0, 1); 0.001 in the paper
   * @param batchSize noisy images passed to the model at once, at least 1; changes no answer
   */
  public GaussianCertifier {
    Require.positive("sigma", sigma);
    Require.atLeast("selection", selection, 1);
    Require.atLeast("estimation", estimation, 1);
    Require.that(alpha > 0 && alpha < 1, "alpha must be in (0, 1), was " + alpha);
    Require.atLeast("batchSize", batchSize, 1);
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
    Rng choosing = run.rng().derive("smoothing-selection");
    Rng estimating = run.rng().derive("smoothing-estimation");
    List<Certificate> certificates = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      try (Scope scope = Scope.open()) {
        NDArray image = Ops.rows(images.images(), i);
        int label = Votes.top(votes(model, image, selection, choosing.derive(i), run));
        long[] fresh = votes(model, image, estimation, estimating.derive(i), run);
        certificates.add(Certificate.of(label, fresh[label], estimation, alpha, sigma));
      }
      run.listener().step("certify", i + 1, images.size(), certificates.get(i).radius());
    }
    return new Certificates(certificates, Arrays.stream(images.labels()).boxed().toList());
  }

  /**
   * Predicts the smoothed classifier's answers.
   *
   * @param model the base classifier; stays the caller's
   * @param images float32 {@code [N, C, H, W]} in [0, 1]
   * @param run seed, budget, cancellation
   * @return the class with most votes, or {@link ImageClassifier.Black#REJECTED} where its lead
   *     over the next one may be chance: a two-sided binomial test at {@code alpha}
   * @throws org.safety4j.core.error.BudgetExceeded if the run's time is used up
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   */
  public int[] predict(ImageClassifier.Black model, NDArray images, Run run) {
    Rng rng = run.rng().derive("smoothing-prediction");
    long[][] votes = Votes.count(model, images, estimation, sigma, batchSize, rng, run);
    return Arrays.stream(votes).mapToInt(this::answer).toArray();
  }

  private int answer(long[] votes) {
    int first = Votes.top(votes);
    int second = Votes.top(votes, first);
    int both = Math.toIntExact(votes[first] + votes[second]);
    if (both == 0) {
      return ImageClassifier.Black.REJECTED;
    }
    double p =
        new BinomialTest()
            .binomialTest(both, (int) votes[first], 0.5, AlternativeHypothesis.TWO_SIDED);
    return p <= alpha ? first : ImageClassifier.Black.REJECTED;
  }

  private long[] votes(ImageClassifier.Black model, NDArray image, int samples, Rng rng, Run run) {
    return Votes.count(model, image, samples, sigma, batchSize, rng, run)[0];
  }
}
