/**
 * Seeded generators of data whose right answers are known: images of known distributions, scenes of
 * emoji.
 */
package org.safety4j.datasets.synthetic;
