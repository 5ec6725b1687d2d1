/**
 * Purification: images are transformed before they are classified. Transformations that have no
 * useful gradient offer a stand-in for the backward pass.
 */
package org.safety4j.defenses.engine.purify;
