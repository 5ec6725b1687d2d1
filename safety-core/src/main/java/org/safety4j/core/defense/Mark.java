package org.safety4j.core.defense;

import org.safety4j.core.model.Artifact;

/**
 * Marks an artifact so that it, or what it makes, can be recognised.
 *
 * @param <A> what it takes
 * @param <B> what it gives
 * @param <X> what its detector looks at
 */
public non-sealed interface Mark<A extends Artifact, B extends Artifact, X> extends Defense<A, B> {
  /**
   * Makes the mark's detector.
   *
   * @param reference the artifact that the detector needs, often the unmarked one
   * @return a detector with an exact p-value
   */
  Detector.Exact<X> detector(A reference);
}
