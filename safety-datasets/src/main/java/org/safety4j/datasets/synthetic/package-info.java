/**
 * Seeded generators of data whose right answers are known: images of known distributions, scenes of
 * emoji, texts of a fictional world.
 */
package org.safety4j.datasets.synthetic;
