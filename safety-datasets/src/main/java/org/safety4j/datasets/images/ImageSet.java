package org.safety4j.datasets.images;

import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.Source;

/**
 * A set of pictures that comes with the library: a name for them until it is opened, so it can be
 * stored, hashed and sent.
 *
 * <pre>{@code
 * try (LabeledImages images = Digits.test().first(200).open()) { ... }
 * }</pre>
 *
 * <p>Immutable; holds no memory until it is opened.
 */
public interface ImageSet extends Source<LabeledImages> {
  /**
   * Narrows the set to its first pictures. The bundled sets are shuffled, so these are a fair
   * sample.
   *
   * @param n how many, at least 1; all if there are fewer
   * @return the smaller set
   * @throws IllegalArgumentException if n is less than 1
   */
  ImageSet first(int n);

  /**
   * Tells how many pictures there are.
   *
   * @return the number of pictures
   */
  int size();

  @Override
  default Class<LabeledImages> type() {
    return LabeledImages.class;
  }
}
