/**
 * Training: one deterministic loop over index batches, optimisers, schedules and resumable
 * checkpoints. What is learnt and from what data is the objective's business.
 */
package org.safety4j.core.train;
