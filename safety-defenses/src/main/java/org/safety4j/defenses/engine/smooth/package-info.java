/**
 * Smoothing: a classifier's answers over random copies of its input, as votes with a certificate or
 * as a mean with exact gradients.
 */
package org.safety4j.defenses.engine.smooth;
