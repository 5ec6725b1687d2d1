/**
 * Certificates of small networks: a network of known layers, interval bounds, and bounds by linear
 * relaxation.
 */
package org.safety4j.defenses.engine.certify;
