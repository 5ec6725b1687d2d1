/**
 * Adversarial training: the inner maximisation on the model under training, and losses of clean and
 * adversarial batches.
 */
package org.safety4j.defenses.engine.train;
