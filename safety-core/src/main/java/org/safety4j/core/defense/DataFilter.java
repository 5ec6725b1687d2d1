package org.safety4j.core.defense;

import org.safety4j.core.model.Artifact;

/**
 * Takes a data set and gives a cleaner one.
 *
 * @param <D> the data set's type
 */
public non-sealed interface DataFilter<D extends Artifact> extends Defense<D, D> {}
