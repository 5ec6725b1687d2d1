package org.safety4j.defenses.engine.smooth;

import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.metric.CertifiedCurve;
import org.safety4j.core.metric.Rate;

/**
 * Certificates of a data set.
 *
 * @param list one an image
 * @param labels the true classes
 */
public record Certificates(List<Certificate> list, List<Integer> labels) {
  private static final String IMAGES = "images";

  /**
   * Copies the lists and checks their lengths.
   *
   * @param list one an image
   * @param labels the true classes
   */
  public Certificates {
    list = List.copyOf(list);
    labels = List.copyOf(labels);
    Require.that(
        list.size() == labels.size(),
        "labels must be one a certificate, were " + labels.size() + " for " + list.size());
  }

  /**
   * Computes certified accuracy as a function of the radius. Abstentions count as failures.
   *
   * @return the curve over all images
   */
  public CertifiedCurve curve() {
    double[] radii = new double[list.size()];
    boolean[] correct = new boolean[list.size()];
    for (int i = 0; i < radii.length; i++) {
      radii[i] = list.get(i).radius();
      correct[i] = list.get(i).label() == labels.get(i);
    }
    return CertifiedCurve.of(radii, correct, IMAGES);
  }

  /**
   * Counts abstentions.
   *
   * @return their rate among all images
   */
  public Rate abstentions() {
    return Rate.of(list.stream().filter(Certificate::abstained).count(), list.size(), IMAGES);
  }
}
